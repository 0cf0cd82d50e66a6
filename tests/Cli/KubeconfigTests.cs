using Federation.Cli.Access;
using Federation.Kubernetes.Configuration;

namespace Federation.Cli.Tests;

[System.Runtime.Versioning.SupportedOSPlatform("linux")]
public sealed class KubeconfigTests : IDisposable
{
    private const string Others = """
        apiVersion: v1
        kind: Config
        current-context: work
        preferences: {number: 0123}
        clusters:
        - name: work
          cluster: {server: "https://work.example", certificate-authority-data: QUJD}
        users:
        - name: work
          user:
            username: "yes"
        contexts:
        - {name: work, context: {cluster: work, user: work}}

        """;

    private static readonly KubeconfigEntry Entry = new("federation-a", "https://dc.example/cluster", "", "lease-1234567890abcdef", "kubectl-compute", ["credential", "--provider", "0xab"]);

    private readonly Shell shell = new();

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task NoFile_IsMade_ForItsOwnerAlone_AndIsOneThatIsUnderstood()
    {
        var file = File();
        await file.MergeAsync(Entry, false, TimeProvider.System, default);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file.Path));
        var read = KubeConfig.Load(file.Path);
        Assert.Equal((new Uri("https://dc.example/cluster"), "lease-1234567890abcdef"), (read.Server, read.Namespace));
        Assert.True(file.Holds(Entry with { Namespace = "lease-of-another" }));
        Assert.Contains("provideClusterInfo: true", System.IO.File.ReadAllText(file.Path), StringComparison.Ordinal);
        Assert.False(System.IO.File.Exists(file.Path + ".lock"));
    }

    [Fact]
    public async Task EntriesOfOthers_StayAsTheyWere_ToTheirQuotes()
    {
        shell.Write(".kube/config", Others);
        await File().MergeAsync(Entry, false, TimeProvider.System, default);
        await File().MergeAsync(Entry with { Server = "https://dc.example/other" }, false, TimeProvider.System, default);
        var text = System.IO.File.ReadAllText(shell.PathOf(".kube/config"));
        foreach (var kept in new[] { "current-context: work", "number: 0123", "username: \"yes\"", "https://work.example", "certificate-authority-data: QUJD" }) Assert.Contains(kept, text, StringComparison.Ordinal);
        // Cluster, user and context, each once.
        Assert.Equal(3, text.Split("name: federation-a\n").Length - 1);
        Assert.DoesNotContain("dc.example/cluster", text, StringComparison.Ordinal);
        Assert.Equal(new Uri("https://work.example"), KubeConfig.Load(shell.PathOf(".kube/config")).Server);
        await File().MergeAsync(Entry, true, TimeProvider.System, default);
        Assert.Equal(new Uri("https://dc.example/cluster"), KubeConfig.Load(shell.PathOf(".kube/config")).Server);
    }

    [Theory]
    [InlineData("user: {token: abc}")]
    [InlineData("user: {exec: {command: gke-gcloud-auth-plugin, args: [credential]}}")]
    [InlineData("user: {exec: {command: kubectl-compute, args: [other]}}")]
    [InlineData("user: {exec: {command: kubectl-compute, args: [credential, --provider, \"0xac\"]}}")]
    public async Task EntryOfThatName_OfSomebodyElse_IsLeftAlone(string user)
    {
        var before = shell.Write(".kube/config", $"apiVersion: v1\nkind: Config\nusers:\n- name: federation-a\n  {user}\n");
        var text = System.IO.File.ReadAllText(before);
        var refused = await Assert.ThrowsAsync<CliException>(() => File().MergeAsync(Entry, false, TimeProvider.System, default));
        Assert.Equal(ExitCodes.Refused, refused.Code);
        Assert.Contains("--context", refused.Message, StringComparison.Ordinal);
        Assert.Equal(text, System.IO.File.ReadAllText(before));
        Assert.False(System.IO.File.Exists(before + ".lock"));
    }

    [Fact]
    public async Task EntryThatSaysSomethingElse_IsNotHeld()
    {
        await File().MergeAsync(Entry, false, TimeProvider.System, default);
        Assert.True(File().Holds(Entry));
        Assert.False(File().Holds(Entry with { Server = "https://new.example/cluster" }));
        Assert.False(File().Holds(Entry with { Authority = "PEM" }));
        Assert.False(File().Holds(Entry with { Arguments = ["credential", "--provider", "0xac"] }));
        Assert.False(File().Holds(Entry with { Name = "federation-b" }));
        foreach (var (good, bad) in new[] { ("server: https://dc.example/cluster", "server: https://dc.example/cluster\n    insecure-skip-tls-verify: true"), ("user: federation-a", "user: work"), ("cluster: federation-a", "cluster: work") })
        {
            var text = System.IO.File.ReadAllText(File().Path);
            Assert.Contains(good, text, StringComparison.Ordinal);
            System.IO.File.WriteAllText(File().Path, text.Replace(good, bad, StringComparison.Ordinal));
            Assert.False(File().Holds(Entry), bad);
            System.IO.File.WriteAllText(File().Path, text);
        }
    }

    [Theory]
    [InlineData("- a\n- b\n")]
    [InlineData("a: [\n")]
    [InlineData("a: {b: 1\nc: 1\n")]
    public async Task WhatIsNoKubeconfig_IsNotWritten(string text)
    {
        var path = shell.Write(".kube/config", text);
        await Assert.ThrowsAsync<CliException>(() => File().MergeAsync(Entry, false, TimeProvider.System, default));
        Assert.Equal(text, System.IO.File.ReadAllText(path));
    }

    [Fact]
    public async Task NullLists_AsKubectlLeavesThem_AreFilled()
    {
        shell.Write(".kube/config", "apiVersion: v1\nkind: Config\nclusters: null\ncontexts: null\ncurrent-context: \"\"\nusers: null\n");
        await File().MergeAsync(Entry, false, TimeProvider.System, default);
        Assert.Equal(new Uri("https://dc.example/cluster"), KubeConfig.Load(shell.PathOf(".kube/config")).Server);
    }

    [Fact]
    public async Task LinkToTheFile_StaysALink()
    {
        var real = shell.Write("real", Others);
        Directory.CreateDirectory(shell.PathOf(".kube"));
        System.IO.File.CreateSymbolicLink(shell.PathOf(".kube/config"), real);
        await File().MergeAsync(Entry, false, TimeProvider.System, default);
        Assert.NotNull(new FileInfo(shell.PathOf(".kube/config")).LinkTarget);
        Assert.Contains("federation-a", System.IO.File.ReadAllText(real), StringComparison.Ordinal);
    }

    [Fact]
    public void File_IsThatOfTheFlag_OfTheEnvironment_OrTheUsualOne()
    {
        Assert.Equal(shell.PathOf(".kube/config"), File().Path);
        shell.Variables["KUBECONFIG"] = "/tmp/a:/tmp/b";
        Assert.Equal("/tmp/a", File().Path);
        Assert.Equal("/tmp/c", KubeconfigFile.Of("/tmp/c", shell.Here(TextWriter.Null, TextWriter.Null)).Path);
    }

    private KubeconfigFile File() => KubeconfigFile.Of(null, shell.Here(TextWriter.Null, TextWriter.Null));
}
