# $/cancelRequest for a command that was answered, or for nothing, changes nothing.
model: {"hang":true}
ignore $/progress
init eglot-1.24
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":["hang"]}}
<-- {"id":1,"result":{"taskId":"$task"}}
--> {"method":"$/cancelRequest","params":{"id":1}}
--> {"method":"$/cancelRequest","params":{"id":"none"}}
--> {"method":"$/cancelRequest","params":null}
--> {"id":2,"method":"emend/tasks"}
<-- {"id":2,"result":{"tasks":[{"taskId":"$task","state":"running"}]}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.cancel"}}
<-- {"id":3,"result":{"cancelled":1}}
<-- {"method":"window/showMessage","params":{"message":"~cancelled"}}
quiet 0.1
