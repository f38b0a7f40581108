# Where the editor says that the workspace is not trusted, everything is read-only, whatever the settings allow.
model: {"calls":[{"name":"write_file","input":{"path":"b.txt","content":"x"}}]}
model: {"calls":[{"name":"run_command","input":{"command":"echo x > c.txt; cat c.txt"}}]}
model: {"expect":["This task may only read"],"text":"The end."}
env: EMEND_MODE=auto
absent: b.txt
absent: c.txt
ignore $/progress
ignore window/logMessage
init nvim-0.12 {"initializationOptions":{"emend":{"mode":"auto"},"trusted":false}}
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"x"}]}}
<-- {"id":1,"result":{"taskId":"*"}}
<-- {"method":"window/showMessage","params":{"message":"~The end.*denied"}}
