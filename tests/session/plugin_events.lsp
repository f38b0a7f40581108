# Our own plugins follow a task by emend/task and emend/text.
model: {"text":"Hello.","usage":{"input":10,"output":5}}
ignore $/progress
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"greet"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"emend/task","params":{"taskId":"$task","state":"running","kind":"do","title":"greet"}}
<-- {"method":"emend/text","params":{"taskId":"$task","text":"~."}}
<-- {"method":"emend/task","params":{"taskId":"$task","state":"done","message":"~Hello","usd":"*","seconds":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Hello"}}
