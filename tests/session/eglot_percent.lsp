# Rule 21: no per cent sign for Eglot, which takes the text for a format.
model: {"text":"100% of it"}
ignore $/progress
init eglot-1.24
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":["50% please"]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~^[^%]*100％ of it[^%]*$"}}
