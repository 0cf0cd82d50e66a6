using Federation.Domain.Workloads;

namespace Federation.Domain.Tests.Workloads;

/// <summary>A rule for images holds however their references are spelled.</summary>
public sealed class ImagePathTests
{
    [Theory]
    [InlineData("registry.example", "registry.example/a:1")]
    [InlineData("registry.example/", "registry.example:443/a/b:1")]
    [InlineData("registry.example/a", "Registry.EXAMPLE:0443/a/b")]
    [InlineData("Registry.Example:443/a/", "registry.example/a")]
    [InlineData("registry.example:5000", "REGISTRY.example:05000/a")]
    [InlineData("docker.io", "nginx")]
    [InlineData("index.docker.io", "a/b")]
    [InlineData("registry-1.docker.io/library", "nginx")]
    [InlineData("docker.io/library/nginx", "registry-1.docker.io/nginx:1")]
    [InlineData("library/nginx", "INDEX.docker.io:443/library/nginx")]
    [InlineData("nginx", "docker.io/library/nginx")]
    [InlineData("docker.io/nginx", "nginx")]
    [InlineData("docker.io/nginx", "nginx/unit")]
    [InlineData("team/app", "registry.hub.docker.com/team/app")]
    [InlineData("registry.example", "registry.example.org/a", false)]
    [InlineData("registry.example", "registry.example:5000/a", false)]
    [InlineData("registry.example:5000", "registry.example/a", false)]
    [InlineData("registry.example/a", "registry.example/ab", false)]
    [InlineData("registry.example/library/nginx", "registry.example/nginx", false)]
    [InlineData("docker.io/library", "team/app", false)]
    [InlineData("docker.io/nginx", "team/nginx", false)]
    public void Path_CoversWhatIsBelowIt_InEverySpelling(string path, string image, bool covers = true) =>
        Assert.Equal(covers, ImageReference.ParsePath(path).Covers(ImageReference.Parse(image)) > 0);

    [Theory]
    [InlineData("nginx", "docker.io/library/nginx")]
    [InlineData("registry.example:443/a/b/c", "registry.example/a/b")]
    [InlineData("registry.example/a/c", "registry.example/a")]
    [InlineData("registry.example/c", "registry.example")]
    public void Path_ThatSaysMost_CoversMost(string image, string most)
    {
        ImagePath[] paths = [.. new[] { "docker.io", "docker.io/library", "docker.io/library/nginx", "registry.example", "registry.example/a", "registry.example/a/b" }.Select(ImageReference.ParsePath)];
        Assert.Equal(most, paths.MaxBy(p => p.Covers(ImageReference.Parse(image)))!.ToString());
    }

    // Whose keys count must not hang on which of them was written first.
    [Theory]
    [InlineData("nginx:1", "docker.io/library/nginx")]
    [InlineData("nginx:1", "docker.io/nginx", "docker.io/library/nginx")]
    [InlineData("nginx:1", "docker.io/library", "docker.io/library/nginx", "docker.io/nginx")]
    [InlineData("nginx/unit", "docker.io/nginx")]
    [InlineData("redis", "docker.io/library")]
    public void OfficialImage_UnderBothItsNames_HasOneRule_InWhateverOrder(string image, string most, params string[] without)
    {
        ImagePath[] paths = [.. new[] { "docker.io", "docker.io/nginx", "docker.io/library", "docker.io/library/nginx" }.Except(without).Select(ImageReference.ParsePath)];
        foreach (var order in (IEnumerable<ImagePath>[])[paths, Enumerable.Reverse(paths)]) Assert.Equal(most, order.MaxBy(p => p.Covers(ImageReference.Parse(image)))!.ToString());
    }

    // A rule is refused where no workload may name what is below it, and nowhere else.
    [Theory]
    [InlineData("registry:5000", false)]
    [InlineData("registry:5000/x", false)]
    [InlineData("localhost:5000/x", false)]
    [InlineData("registry.local:5000", false)]
    [InlineData("registry.example:5000", true)]
    [InlineData("registry.example:5000/x", true)]
    [InlineData("localhost", true)]
    [InlineData("registry/x", true)]
    public void Rule_AndReferencesBelowIt_AreTakenAlike(string rule, bool isTaken)
    {
        Assert.Equal(isTaken, ImageReference.Fault($"{rule}/app:1") is null);
        Assert.Equal(isTaken, ImageReference.PathFault(rule) is null);
        if (!isTaken) Assert.Contains("inner network", ImageReference.PathFault(rule), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://registry.example", "scheme")]
    [InlineData("registry.example/app:1", "tag or a digest")]
    [InlineData("nginx:1", "tag or a digest")]
    [InlineData("nginx:latest", "tag or a digest")]
    [InlineData("registry.example/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "tag or a digest")]
    [InlineData("", "no registry")]
    [InlineData("/", "no registry")]
    [InlineData("/team", "no registry")]
    [InlineData(":5000/team", "no registry")]
    [InlineData("registry..example/team", "no image reference")]
    [InlineData("registry.example./team", "no image reference")]
    [InlineData("-registry.example/team", "no image reference")]
    [InlineData("registry.example//", "no image reference")]
    [InlineData("registry.example/Team", "no image reference")]
    [InlineData("registry.example/*", "no image reference")]
    [InlineData("registry.example\n", "no image reference")]
    [InlineData("registry.example:0/team", "not between 1 and 65535")]
    [InlineData("registry.example:65536/team", "not between 1 and 65535")]
    [InlineData("10.0.0.5:5000/team", "address")]
    [InlineData("registry.svc/team", "inner network")]
    public void Path_ThatNoReferenceIsBelow_IsRefused(string path, string problem)
    {
        Assert.Contains(problem, ImageReference.PathFault(path), StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => ImageReference.ParsePath(path));
    }
}
