# A question of the model that the plugin keeps open, and the user answers later.
model: {"calls":[{"name":"ask_user","input":{"question":"Which one?","options":["the left","the right"]}}]}
model: {"text":"So be it.","expect":"the right"}
answer emend/question {"result":{"pending":true}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"ask"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/question","params":{"question":"$q","text":"Which one?","options":["the left","the right"]}}
--> {"method":"emend/answer","params":{"question":"$q","answer":"the right"}}
<-- {"method":"window/showMessage","params":{"message":"~So be it"}}
