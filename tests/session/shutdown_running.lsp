# Rule 25: shutdown ends what runs, and answers after that.
model: {"hang":true}
ignore $/progress
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":["hang"]}}
<-- {"id":1,"result":{"taskId":"*"}}
--> {"id":2,"method":"shutdown"}
<-- {"method":"window/showMessage","params":{"message":"~cancelled"}}
<-- {"id":2,"result":null}
--> {"method":"exit"}
exit 0
