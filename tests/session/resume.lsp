# A session whose task was lost goes on by emend.resume, and the model hears what happened.
model: {"text":"It is a test.","expect":["What is this?"]}
file: a.c "int a;\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.resume","arguments":[{}]}}
<-- {"id":1,"error":{"code":-32602,"message":"~emend.resume needs one argument.*emend sessions"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{"text":"What is this?"}]}}
<-- {"id":2,"result":{"taskId":"*","session":"$session"}}
<-- {"method":"window/showMessage","params":{"message":"~It is a test"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.resume","arguments":[{"session":"$session"}]}}
<-- {"id":3,"result":{"taskId":"*","session":"$session"}}
<-- {"method":"window/showMessage","params":{"type":1,"message":"~Go on where you were"}}
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.resume","arguments":[{"session":"20200101-nothing12"}]}}
<-- {"id":4,"error":{"message":"~20200101-nothing12"}}
