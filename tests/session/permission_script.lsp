# In mode edit a file is created without a question, a script is not.
model: {"text":"A tool.","calls":[{"name":"write_file","input":{"path":"b.c","content":"int b;\n"}}]}
model: {"calls":[{"name":"write_file","input":{"path":"tool","content":"#!/bin/sh\n"}}]}
model: {"text":"The end."}
file: a.c "int old;\n"
check: b.c "int b;\n"
check: tool "#!/bin/sh\n"
env: EMEND_MODE=edit

ignore $/progress
ignore window/logMessage
answer window/showDocument {"result":{"success":true}}
init vscode-9
open ${uri}/a.c "int old;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.refactor","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"type":2,"message":"~Create a script.*tool","actions":[{"title":"Deny"},{"title":"Allow once"},"..."]}}
--> {"id":"$q","result":{"title":"Allow once"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
