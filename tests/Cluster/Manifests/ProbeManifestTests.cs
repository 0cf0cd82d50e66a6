using Federation.Cluster.Manifests;
using Federation.Cluster.Probing;
using Federation.Cluster.Tests.Support;

namespace Federation.Cluster.Tests.Manifests;

public sealed class ProbeManifestTests
{
    private static readonly ProbeOptions Options = new("busybox:1.37", "federation-probe");

    [Fact]
    public void Probe_IsTheGoldenOne() => Golden.Check(
        "probe", [ProbeManifests.ListenerPolicy(Options.Namespace), ProbeManifests.ClientPolicy(Options.Namespace, "10.0.0.7"), ProbeManifests.ListenerPod(Options, "word"), ProbeManifests.ClientPod(Options, "word", "10.0.0.7")]);

    [Fact]
    public void AddressOfSixGroups_IsAnAddressInAUrl()
    {
        var pod = ProbeManifests.ClientPod(Options, "word", "fd00::7");
        Assert.Contains("""{"cidr":"::/0","except":["fd00::7/128"]}""", ProbeManifests.ClientPolicy(Options.Namespace, "fd00::7").ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("[fd00::7]", pod["spec"]!["containers"]![0].Items("env").Single(e => e.Text("name") == "ADDRESS").Text("value"));
    }
}
