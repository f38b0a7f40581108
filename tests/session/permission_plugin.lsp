# Our own plugins are asked with the diff.
model: {"text":"I will rename it.","calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int old","new_text":"int fresh"}]}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
env: EMEND_MODE=ask
answer emend/permission {"result":{"title":"Allow once"}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"taskId":"*","title":"*","subject":"a.c","diff":"~[+]int fresh","options":["Deny","Allow once","..."]}}
<-- {"method":"workspace/applyEdit"}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
buffer ${uri}/a.c "int fresh;\n"
