# Without hunks there is no review afterwards, so it is asked beforehand.
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}}]}
model: {"calls":[{"name":"edit_file","input":{"path":"a.c","edits":[{"old_text":"int one;","new_text":"long one;"}]}}]}
model: {"text":"Done."}
file: a.c "int one;\nint two;\n"
ignore $/progress
ignore $/cancelRequest
ignore window/logMessage
init vscode {"capabilities":{"experimental":{"emend":true}},"initializationOptions":{"emend":{"hunks":"off"}}}
answer emend/permission {"result":{"title":"Deny"}}
ignore emend/task
ignore emend/text
open ${uri}/a.c "int one;\nint two;\n"
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":2,"result":{"taskId":"$task"}}
<-- {"method":"emend/permission","params":{"subject":"a.c","options":["Deny","*","..."]}}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
