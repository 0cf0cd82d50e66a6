using FsCheck;
using FsCheck.Fluent;

namespace Federation.Metrics.Tests;

public class PodCgroupTests
{
    private const string Uid = "0b5f6f3e-2a5f-4b63-9d60-1c9f4f9a1c11";
    private const string Slice = "0b5f6f3e_2a5f_4b63_9d60_1c9f4f9a1c11";

    [Theory]
    [InlineData($"/kubepods/pod{Uid}", "")]
    [InlineData($"/kubepods/burstable/pod{Uid}", "")]
    [InlineData($"/kubepods/besteffort/pod{Uid}/5f3a", "5f3a")]
    [InlineData($"/kubepods.slice/kubepods-pod{Slice}.slice", "")]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Slice}.slice", "")]
    [InlineData($"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{Slice}.slice/cri-containerd-5f3a.scope", "cri-containerd-5f3a.scope")]
    [InlineData($"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{Slice}.slice", "")]
    public void Parse_KubeletPath_GivesUidAndChild(string path, string child)
    {
        Assert.Equal(new PodCgroup(Uid, child), PodCgroup.Parse(path));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("")]
    [InlineData("/system.slice/containerd.service")]
    [InlineData("/kubepods/burstable")]
    [InlineData("/kubepods/podless")]
    [InlineData($"/kubepods/burstable/xpod{Uid}")]
    [InlineData($"/kubepods/burstable/pod{Uid}x")]
    [InlineData($"/kubepods/burstable/pod{Slice}")]
    public void Parse_OtherPath_GivesNothing(string path) => Assert.Null(PodCgroup.Parse(path));

    [Fact]
    public void Parse_NamesNestedByATenant_NeverGiveAnotherPod() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<Guid>(),
            ArbMap.Default.ArbFor<Guid>(),
            Gen.Elements("/pod{0}", "/x/pod{0}", "/kubepods/pod{0}", "/kubepods-pod{0}.slice").ToArbitrary(),
            (owner, victim, nested) =>
            {
                var name = nested.EndsWith(".slice", StringComparison.Ordinal) ? victim.ToString().Replace('-', '_') : victim.ToString();
                var seen = PodCgroup.Parse($"/kubepods/burstable/pod{owner}/5f3a{nested.Replace("{0}", name)}");
                var direct = PodCgroup.Parse($"/kubepods/burstable/pod{owner}{nested.Replace("{0}", name)}");
                return seen is null && (direct is null || (direct.Value.PodUid == owner.ToString() && !direct.Value.IsPod));
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData($"/federation/one/kubepods/pod{Uid}", "/federation/one", true)]
    [InlineData($"/federation/two/kubepods/pod{Uid}", "/federation/one", false)]
    [InlineData($"/federation/one1/kubepods/pod{Uid}", "/federation/one", false)]
    [InlineData($"/kubepods/pod11111111-2a5f-4b63-9d60-1c9f4f9a1c11/node/kubepods/pod{Uid}", "/kubepods/pod11111111-2a5f-4b63-9d60-1c9f4f9a1c11/node", true)]
    public void Parse_BelowARoot_CountsFromThere(string path, string root, bool found) =>
        Assert.Equal(found ? Uid : null, PodCgroup.Parse(path, root)?.PodUid);
}
