# Emacs 28 shows no progress and no documents: nothing of that is sent, the report's path is named.
model: {"text":"short"}
file: a.c "int a;\n"
init eglot-1.9
open ${uri}/a.c "int a;\n" 0
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.explain","arguments":[{"uri":"${uri}/a.c","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":3}},"version":0}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"type":3,"message":"~the report is in /.*md"}}
<-- {"method":"window/showMessage","params":{"message":"~done"}}
quiet 0.2
