NODE=worker-1
real_node_possible() { false; }
real_node_down() { :; }
