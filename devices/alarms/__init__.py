"""How alarms are decided: pure rules over samples and clocks, and the SQL that fetches them."""
