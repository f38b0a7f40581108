# A question that the plugin keeps open is closed with its task.
model: {"calls":[{"name":"run_command","input":{"command":"touch one"}}]}
model: {"text":"The end."}
env: EMEND_MODE=ask
answer emend/permission {"result":{"pending":true}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
absent: one
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"touch"}]}}
<-- {"id":1,"result":{"taskId":"$task"}}
<-- {"method":"emend/permission","params":{"question":"$q","subject":"touch one","options":["Deny","..."]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.cancel","arguments":[{"task":"$task"}]}}
<-- {"id":2,"result":{"cancelled":1}}
<-- {"method":"emend/questionClosed","params":{"question":"$q"}}
<-- {"method":"window/showMessage","params":{"message":"~cancelled"}}
--> {"method":"emend/answer","params":{"question":"$q","title":"Allow once"}}
quiet 0.3
