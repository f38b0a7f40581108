# A task that is cancelled right behind its start says so, too.
model: {"hang":true}
file: a.c "int a;\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init eglot-1.9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"think"}]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.cancel"}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":2,"result":{"cancelled":1}}
<-- {"method":"window/showMessage","params":{"message":"~think.*cancelled"}}
