# What a running task is to hear waits in its list until its next step, and can be taken back.
model: {"calls":[{"name":"ask_user","input":{"question":"Go on?","options":["Yes","No"]}}]}
model: {"text":"Done.","expect":["The user says while you work:","use tabs"]}
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"ask"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$q","method":"window/showMessageRequest"}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"$task","text":"use tabs"}]}}
<-- {"id":2,"result":{"taskId":"$task"}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"$task","text":"use blanks"}]}}
<-- {"id":3,"result":{"taskId":"$task"}}
--> {"id":4,"method":"emend/tasks"}
<-- {"id":4,"result":{"tasks":[{"taskId":"$task","queue":["use tabs","use blanks"]}]}}
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"$task","withdraw":true}]}}
<-- {"id":5,"result":{"taskId":"$task","text":"use blanks"}}
--> {"id":6,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"$task"}]}}
<-- {"id":6,"error":{"code":-32602,"message":"~withdraw"}}
--> {"id":"$q","result":{"title":"Yes"}}
<-- {"method":"window/showMessage","params":{"message":"~Done"}}
--> {"id":7,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"$task","text":"too late"}]}}
<-- {"id":7,"error":{"code":-32803,"message":"~emend.chat"}}
--> {"id":8,"method":"workspace/executeCommand","params":{"command":"emend.steer","arguments":[{"task":"nope","text":"hello"}]}}
<-- {"id":8,"error":{"code":-32803,"message":"~No task nope"}}
quiet 0.1
