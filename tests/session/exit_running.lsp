# The editor leaves without a word while a task runs.
model: {"hang":true}
ignore $/progress
init nvim-0.12
--> {"id":1,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":["hang"]}}
<-- {"id":1,"result":{"taskId":"*"}}
sleep 0.2
eof
exit 1
stderr closed the connection without a shutdown
