# A task can be asked to begin with a plan whatever the mode is; after the yes it goes on in that mode, which here is edit.
model: {"expect":["First a plan"],"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"expect":["nothing is changed before"],"text":"1. rename it in a.c"}
model: {"expect":["accepts the plan","edit: edits and"],"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
env: EMEND_MODE=edit
ignore $/progress
ignore window/logMessage
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"rename","plan":true}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$p","method":"window/showMessageRequest","params":{"message":"~^Emend: Work by this plan: 1. rename it in a.c\nEmend says: Nothing was changed so far. After a yes changes are made","actions":[{"title":"Deny"},{"title":"Allow once"}]}}
--> {"id":"$p","result":{"title":"Allow once"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int fresh;\n"
