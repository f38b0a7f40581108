# Two tasks want a word: the second question waits for the answer to the first.
model: {"calls":[{"name":"run_command","input":{"command":"touch made"}}]}
model: {"text":"The end."}
config: {"approve":"commands"}
env: EMEND_MODE=ask
absent: made
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"one"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"id":"$q","method":"window/showMessageRequest","params":{"message":"~touch made"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"two"}]}}
<-- {"id":2,"result":{"taskId":"*"}}
quiet 1.5
--> {"id":"$q","result":{"title":"Deny"}}
<-- {"id":"$r","method":"window/showMessageRequest","params":{"message":"~touch made"}}
<-- {"method":"window/showMessage","params":{"message":"~one: done: The end"}}
--> {"id":"$r","result":{"title":"Deny"}}
<-- {"method":"window/showMessage","params":{"message":"~two: done: The end"}}
