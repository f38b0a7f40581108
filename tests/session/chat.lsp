# A conversation: the second turn goes on in the session of the first.
model: {"text":"It is a test."}
file: a.c "int a;\n"
env: EMEND_MODE=auto
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{"text":"What is this?"}]}}
<-- {"id":1,"result":{"taskId":"*","session":"$session"}}
<-- {"method":"window/showMessage","params":{"message":"~It is a test"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{"session":"$session","text":"And why?"}]}}
<-- {"id":2,"result":{"taskId":"*","session":"$session"}}
<-- {"method":"window/showMessage","params":{"message":"~It is a test"}}
# What cannot go on says so.
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{"session":"20200101-nothing12","text":"x"}]}}
<-- {"id":3,"error":{"message":"~20200101-nothing12"}}
--> {"id":4,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{}]}}
<-- {"id":4,"error":{"message":"~emend.chat needs"}}
