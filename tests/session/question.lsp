# A question with options, in any client.
model: {"calls":[{"name":"ask_user","input":{"question":"Which one?","options":["left","right"]}}]}
model: {"text":"Took it.","expect":"right"}
ignore $/progress
ignore window/logMessage
init vscode-9
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"choose"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"type":3,"message":"~Which one","actions":[{"title":"left"},{"title":"right"}]}}
--> {"id":"$q","result":{"title":"right"}}
<-- {"method":"window/showMessage","params":{"message":"~Took it"}}
