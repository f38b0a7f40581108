# What can be chosen as a model, and the choice: the next task has it, over all settings, until it is taken back.
config: {"model": "scripted:${root}/settings.jsonl", "models": {"do": "scripted:${root}/settings.jsonl", "corp/big": {"context_tokens": 5000}}, "providers": {"corp": {"base_url": "https://corp.example/v1", "dialect": "openai-chat", "key_env": "CORP_KEY"}}}
env: CORP_KEY=k-secret-4711
file: settings.jsonl "{\"text\": \"by the settings\"}\n"
file: chosen.jsonl "{\"text\": \"by the choice\"}\n"
init plugin
ignore $/progress
--> {"id":1,"method":"emend/models","params":{}}
<-- {"id":1,"result":{"current":"scripted:${root}/settings.jsonl","models":[{"id":"corp/big","provider":"corp","window":5000,"input":"!absent","ready":true,"state":"~CORP_KEY, is set","current":"!absent"},{"id":"anthropic/claude-fable-5-2","provider":"anthropic","window":1000000,"maxOutput":128000,"input":8,"output":40,"ready":"!absent","state":"~ANTHROPIC_API_KEY"},"..."],"providers":[{"name":"corp","ready":true,"state":"~corp.example"},{"name":"anthropic","ready":"!absent"},"..."]}}
--> {"id":2,"method":"workspace/executeCommand","params":{"command":"emend.model","arguments":[{"model":"nobody/x"}]}}
<-- {"id":2,"error":{"message":"~no provider .nobody."}}
--> {"id":3,"method":"workspace/executeCommand","params":{"command":"emend.model","arguments":[{"model":"anthropic/claude-opus-5-5"}]}}
<-- {"id":3,"error":{"message":"~ANTHROPIC_API_KEY"}}
--> {"id":4,"method":"emend/serverStatus","params":{}}
<-- {"id":4,"result":{"model":"scripted:${root}/settings.jsonl"}}
--> {"id":5,"method":"workspace/executeCommand","params":{"command":"emend.model","arguments":[{"model":"scripted:${root}/chosen.jsonl"}]}}
<-- {"id":5,"result":{"model":"scripted:${root}/chosen.jsonl"}}
<-- {"method":"window/showMessage","params":{"message":"~next task on, scripted:.*chosen"}}
--> {"id":6,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"say it"}]}}
<-- {"id":6,"result":{"taskId":"$first"}}
<-- {"method":"emend/task","params":{"taskId":"$first","state":"running"}}
<-- {"method":"emend/text","params":{"taskId":"$first","text":"by the choice"}}
<-- {"method":"emend/task","params":{"taskId":"$first","state":"done"}}
<-- {"method":"window/showMessage","params":{"message":"~by the choice"}}
# Settings that change do not take the choice away.
--> {"method":"workspace/didChangeConfiguration","params":{"settings":{"emend":{"mode":"auto"}}}}
--> {"id":8,"method":"emend/models","params":{}}
<-- {"id":8,"result":{"current":"scripted:${root}/chosen.jsonl"}}
--> {"id":9,"method":"workspace/executeCommand","params":{"command":"emend.model","arguments":[]}}
<-- {"id":9,"result":{"model":"scripted:${root}/settings.jsonl"}}
<-- {"method":"window/showMessage","params":{"message":"~settings.jsonl"}}
--> {"id":10,"method":"workspace/executeCommand","params":{"command":"emend.do","arguments":[{"task":"say it"}]}}
<-- {"id":10,"result":{"taskId":"$second"}}
<-- {"method":"emend/task","params":{"taskId":"$second","state":"running"}}
<-- {"method":"emend/text","params":{"taskId":"$second","text":"by the settings"}}
<-- {"method":"emend/task","params":{"taskId":"$second","state":"done"}}
<-- {"method":"window/showMessage","params":{"message":"~by the settings"}}
