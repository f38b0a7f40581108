# LSP has no free text (rule 5: never a request without actions): the model is told.
model: {"calls":[{"name":"ask_user","input":{"question":"What is your name?"}}]}
model: {"text":"Never mind.","expect":"no way to ask"}
ignore $/progress
ignore window/logMessage
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"ask"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~Never mind"}}
quiet 0.1
