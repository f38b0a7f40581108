# An editor that announced progress but refuses the token: no $/progress for it.
model: {"text":"short"}
file: a.c "int a;\n"
answer window/workDoneProgress/create {"error":{"code":-32601,"message":"no"}}
answer window/showDocument {"result":{"success":false}}
init vscode-9
open ${uri}/a.c "int a;\n"
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/workDoneProgress/create"}
<-- {"method":"window/showDocument"}
<-- {"method":"window/showMessage","params":{"message":"~the report is in"}}
<-- {"method":"window/showMessage","params":{"message":"~done"}}
quiet 0.2
