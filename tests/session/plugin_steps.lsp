# Our own plugins see each step as it begins and ends, what was spent, and what was said in an earlier session.
config: {"budget":{"dayUsd":30,"sessionUsd":4,"taskUsd":1}}
model: {"calls":[{"name":"read_file","input":{"path":"a.c"}},{"name":"read_file","input":{"path":"missing.c"}}],"usage":{"input":100,"output":1000}}
model: {"text":"It is a test.","usage":{"input":100,"output":1000}}
file: a.c "int a;\n"
ignore $/progress
ignore emend/text
init plugin
# Before the first task only the day is known.
--> {"id":1,"method":"emend/cost","params":{}}
<-- {"id":1,"result":{"today":{"usd":0,"limit":30,"estimated":"!absent","unpriced":"!absent"},"session":"!absent","task":"!absent"}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.chat","arguments":[{"text":"look"}]}}
<-- {"id":2,"result":{"taskId":"$task","session":"$session"}}
<-- {"method":"emend/task","params":{"taskId":"$task","state":"running","step":"!absent","said":"!absent"}}
<-- {"method":"emend/task","params":{"taskId":"$task","said":"~a.c","step":{"call":"$one","tool":"read_file","state":"running"}}}
<-- {"method":"emend/task","params":{"taskId":"$task","said":"~1 line","step":{"call":"$one","tool":"read_file","state":"done"}}}
<-- {"method":"emend/task","params":{"taskId":"$task","said":"~missing.c","step":{"call":"$two","tool":"read_file","state":"running"}}}
<-- {"method":"emend/task","params":{"taskId":"$task","said":"~missing.c","step":{"call":"$two","tool":"read_file","state":"failed"}}}
<-- {"method":"emend/task","params":{"taskId":"$task","state":"done","step":"!absent","said":"!absent"}}
<-- {"method":"window/showMessage","params":{"message":"~It is a test"}}
--> {"id":3,"method":"emend/cost","params":{"taskId":"$task"}}
<-- {"id":3,"result":{"today":{"usd":"$usd","limit":30},"session":{"id":"$session","usd":"$usd","limit":4},"task":{"id":"$task","usd":"$usd","limit":1}}}
--> {"id":4,"method":"emend/cost","params":{"taskId":"nope"}}
<-- {"id":4,"error":{"code":-32602,"message":"~no task nope"}}
--> {"id":5,"method":"emend/transcript","params":{"taskId":"$task"}}
<-- {"id":5,"result":{"taskId":"$task","session":"$session"}}
restart
# Another server: its tasks are new, the session is still there, and so is what was spent.
init plugin
--> {"id":6,"method":"emend/transcript","params":{"taskId":"$task"}}
<-- {"id":6,"error":{"code":-32602}}
--> {"id":7,"method":"emend/transcript","params":{"session":"$session"}}
<-- {"id":7,"result":{"taskId":"!absent","session":"$session","events":["*","..."]}}
--> {"id":8,"method":"emend/transcript","params":{"session":"../../etc"}}
<-- {"id":8,"error":{"code":-32803}}
--> {"id":9,"method":"emend/cost","params":{}}
<-- {"id":9,"result":{"today":{"usd":"$usd"},"task":"!absent"}}
quiet 0.1
