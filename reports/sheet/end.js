flowsweep.refresh();
