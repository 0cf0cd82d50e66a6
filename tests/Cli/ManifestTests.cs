using Federation.Chain.Tests.Support;
using Federation.Cli.Buying;

namespace Federation.Cli.Tests;

public sealed class ManifestTests
{
    private const string Workload = """
        services:
        - name: web
          image: registry.example/acme/web@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          resources: {cpu: 500m, memory: 256Mi}
        """;

    [Fact]
    public void LeaseRequestAndWorkloadAlone_AreTheSameWorkload()
    {
        var alone = Manifest.Read(Workload, "a");
        var indented = Workload.ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
        var lease = Manifest.Read($"apiVersion: compute.federation/v1alpha1\nkind: ComputeLease\nspec:\n  workload:\n    {indented}", "b");
        Assert.Equal(alone.SpecHash, lease.SpecHash);
        Assert.Equal((500u, 256u), (alone.Resources.CpuMilli, alone.Resources.MemoryMiB));
    }

    [Fact]
    public void Request_SaysPriceAndPlace()
    {
        var sample = File.ReadAllText(Path.Combine(Repository.Root, "crds", "samples", "request-two-datacenters.yaml"));
        Assert.Contains("2 replicas", Assert.Throws<CliException>(() => Manifest.Read(sample, "sample")).Message, StringComparison.Ordinal);
        var wish = Manifest.Read(sample.Replace("replicas: 2", "replicas: 1", StringComparison.Ordinal), "sample");
        Assert.Equal((86_400u, 5_000_000, 3_000_000), (wish.DurationSeconds, wish.Deposit, wish.Most.Prices.Cpu));
        Assert.Equal((1_000_000, 0), (wish.Placement.MinStake, wish.Most.StartFee));
    }

    [Theory]
    [InlineData("kind: Pod\nspec: {}", "it is a Pod")]
    [InlineData("- a", "is no manifest")]
    [InlineData("kind: ComputeRequest\nspec: {token: abc, workload: {services: [{name: web, image: a.example/b@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08, resources: {cpu: 1, memory: 1Gi}}]}}", "spec.token 'abc' is no address")]
    [InlineData("a: [", "Not YAML")]
    [InlineData("spec: {a: 1\nstatus: {b: 1}", "Not YAML: a brace or a bracket is not closed")]
    [InlineData("services:\n- name: web\n  imagee: x", "imagee")]
    [InlineData("---\na: 1\n---\nb: 2", "exactly one document")]
    [InlineData("kind: ComputeRequest\nspec: {durationSeconds: 60}", "spec.workload is missing")]
    [InlineData("kind: ComputeLease\nspec: []", "spec must be an object, not a list")]
    [InlineData("kind: ComputeLease", "spec is missing")]
    public void WhatIsWrong_IsNamed(string text, string what)
    {
        var refused = Assert.Throws<CliException>(() => Manifest.Read(text, "file.yaml"));
        Assert.Equal(ExitCodes.Usage, refused.Code);
        Assert.Contains("file.yaml", refused.Message, StringComparison.Ordinal);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
    }
}
