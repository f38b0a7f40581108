# Our own plugins take free text.
model: {"calls":[{"name":"ask_user","input":{"question":"What is your name?"}}]}
model: {"text":"Hello there.","expect":"Ada Lovelace"}
ignore $/progress
ignore window/logMessage
ignore emend/task
ignore emend/text
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"ask"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"id":"$q","method":"emend/question","params":{"taskId":"$task","text":"What is your name?","options":[]}}
--> {"id":"$q","result":{"answer":"Ada Lovelace"}}
<-- {"method":"window/showMessage","params":{"message":"~Hello there"}}
