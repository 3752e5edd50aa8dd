package disk

import "testing"

func TestNetworkFileSystems(t *testing.T) {
	t.Parallel()
	if name, err := NetworkFileSystem(t.TempDir()); name != "" || err != nil {
		t.Errorf("a local folder: got %q, %v", name, err)
	}
	if _, err := NetworkFileSystem(t.TempDir() + "/none"); err == nil {
		t.Error("a missing folder: got no error")
	}
	for magic, want := range map[uint32]string{ // from statfs(2)
		0x6969: "NFS", 0xff534d42: "CIFS", 0xfe534d42: "SMB", 0x517b: "SMB", 0x5346414f: "AFS", 0x00c36400: "Ceph", 0xef53: "", 0x01021994: "",
	} {
		if got := networkFileSystems[magic]; got != want {
			t.Errorf("type %#x: got %q, want %q", magic, got, want)
		}
	}
}
