# Nobody answers the question that the plugin keeps open: a denial, and the plugin hears that it is over.
model: {"calls":[{"name":"run_command","input":{"command":"touch one"}}]}
model: {"text":"The end.","expect":"in time"}
env: EMEND_MODE=ask
env: EMEND_PERMISSION_MS=400
answer emend/permission {"result":{"pending":true}}
ignore emend/task
ignore emend/text
ignore $/progress
ignore window/logMessage
absent: one
init plugin
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"touch"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"emend/permission","params":{"question":"$q"}}
<-- {"method":"emend/questionClosed","params":{"question":"$q"}}
<-- {"method":"window/showMessage","params":{"message":"~The end"}}
