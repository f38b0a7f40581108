# Mode plan behind our own plugin: edits are refused until the plan is accepted, then the task goes on in mode edit.
model: {"expect":["First a plan"],"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"expect":["nothing is changed before"],"text":"1. rename it in a.c"}
model: {"expect":["does not accept the plan","in b.c, too"],"text":"1. rename it in a.c and b.c"}
model: {"expect":["accepts the plan"],"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
env: EMEND_MODE=plan
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"rename"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$p","method":"emend/permission","params":{"title":"Work by this plan","subject":"1. rename it in a.c","note":"~Nothing was changed so far","options":["Deny","Allow once","Always allow edits in this task"]}}
--> {"id":"$p","result":{"title":"Deny","comment":"in b.c, too"}}
<-- {"id":"$q","method":"emend/permission","params":{"subject":"1. rename it in a.c and b.c"}}
--> {"id":"$q","result":{"title":"Always allow edits in this task"}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int fresh;\n"
