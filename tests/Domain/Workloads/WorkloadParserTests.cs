using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Federation.Domain.Workloads;
using FsCheck;
using FsCheck.Fluent;

namespace Federation.Domain.Tests.Workloads;

public sealed class WorkloadParserTests
{
    private static string Golden(string name) => File.ReadAllText(Path.Combine(Repository.Golden("workload"), name, "input.json"));

    [Theory]
    [InlineData("services[0].image", "img", "image")]
    [InlineData("services[0].image", "images", "image")]
    [InlineData("services[0].envFrom", "envfrom", "envFrom")]
    [InlineData("services[0].command", "comand", "command")]
    public void Parse_MistypedField_NamesTheNearest(string known, string typed, string expected)
    {
        Assert.EndsWith(expected, known, StringComparison.Ordinal);
        var fault = Assert.Single(WorkloadParser.Parse(With("services", typed, "x")).Faults);
        Assert.Equal($"services[0].{typed}", fault.Path);
        Assert.Equal($"unknown field; did you mean '{expected}'?", fault.Problem);
    }

    [Theory]
    [InlineData("privileged")]
    [InlineData("securityContext")]
    [InlineData("hostPath")]
    [InlineData("hostNetwork")]
    [InlineData("hostPID")]
    [InlineData("hostPort")]
    [InlineData("nodeName")]
    [InlineData("nodeSelector")]
    [InlineData("tolerations")]
    [InlineData("serviceAccount")]
    [InlineData("serviceAccountName")]
    [InlineData("automountServiceAccountToken")]
    [InlineData("priorityClassName")]
    [InlineData("schedulerName")]
    [InlineData("runtimeClassName")]
    [InlineData("HOSTNETWORK")]
    public void Parse_ForbiddenField_SaysThatNoTenantMaySetIt(string field)
    {
        var fault = Assert.Single(WorkloadParser.Parse(With("services", field, "x")).Faults);
        Assert.Equal($"services[0].{field}", fault.Path);
        Assert.StartsWith("a tenant may not set it: ", fault.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("minimal-job", "true", true)]
    [InlineData("minimal-job", "false", false)]
    public void Parse_PostResult_IsAWishOfTheWorkload(string golden, string value, bool expected)
    {
        Assert.False(WorkloadParser.Parse(Golden(golden)).Workload!.PostResult);
        Assert.Equal(expected, WorkloadParser.Parse(WithPostResult(golden, value)).Workload!.PostResult);
    }

    [Theory]
    [InlineData("minimal-job", "1", "must be true or false, not '1'")]
    [InlineData("minimal-job", "\"true\"", "must be true or false, not a text")]
    [InlineData("minimal-job", "null", "must be true or false, not null")]
    [InlineData("minimal-service", "true", "needs a job: a service has no result")]
    public void Parse_PostResultThatMakesNoSense_IsRefused(string golden, string value, string problem)
    {
        var fault = Assert.Single(WorkloadParser.Parse(WithPostResult(golden, value)).Faults);
        Assert.Equal(("postResult", problem), (fault.Path, fault.Problem));
    }

    [Theory]
    [InlineData("busybox")]
    [InlineData("library/busybox:1.37")]
    [InlineData("localhost/x")]
    [InlineData("registry.example.org:5000/a/b_c__d--e.f:v1.0-rc_1")]
    [InlineData("svc.example.org/x")]
    [InlineData("10.example/x")]
    [InlineData("ghcr.io/Owner/x", false)]
    [InlineData("GHCR.io/owner/x")]
    [InlineData("x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("x:y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("x@sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    [InlineData("x@md5:0123456789abcdef0123456789abcdef", false)]
    [InlineData("a..b/c", false)]
    [InlineData("a/b..c", false)]
    [InlineData("/a", false)]
    [InlineData("a/", false)]
    [InlineData("a//b", false)]
    [InlineData("a:b/c", false)]
    [InlineData("a\n", false)]
    public void Parse_Image_FollowsTheReferenceGrammar(string image, bool valid = true) =>
        Assert.Equal(valid, WorkloadParser.Parse(With("jobs", "image", image)).IsValid);

    [Theory]
    [InlineData("busybox", "busybox", "docker.io", "library/busybox", "latest", null)]
    [InlineData("a/b:1", "a/b", "docker.io", "a/b", "1", null)]
    [InlineData("docker.io/redis:7", "docker.io/redis", "docker.io", "library/redis", "7", null)]
    [InlineData("index.docker.io/a/b", "index.docker.io/a/b", "docker.io", "a/b", "latest", null)]
    [InlineData("localhost/x", "localhost/x", "localhost", "x", "latest", null)]
    [InlineData("GHCR.io:443/a/b/c:v1", "GHCR.io:443/a/b/c", "ghcr.io", "a/b/c", "v1", null)]
    [InlineData("a.example:0443/x", "a.example:0443/x", "a.example", "x", "latest", null)]
    [InlineData("A.example:05000/x", "A.example:05000/x", "a.example:5000", "x", "latest", null)]
    [InlineData("registry-1.docker.io/redis", "registry-1.docker.io/redis", "docker.io", "library/redis", "latest", null)]
    [InlineData("Registry.Hub.Docker.com:443/a/b", "Registry.Hub.Docker.com:443/a/b", "docker.io", "a/b", "latest", null)]
    [InlineData("a.example/x:y@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "a.example/x", "a.example", "x", "y", "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void Image_HasItsParts_InOneSpelling(string image, string name, string registry, string repository, string tag, string? digest) =>
        Assert.Equal(new ImageName(name, registry, repository, tag, digest), ImageReference.Parse(image));

    [Theory]
    [InlineData("")]
    [InlineData("a\n")]
    [InlineData("127.0.0.1/x")]
    public void Image_ThatIsNone_IsNotParsed(string image) => Assert.Throws<FormatException>(() => ImageReference.Parse(image));

    [Theory]
    [InlineData("a.example/x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "[\"key\"]", null, null)]
    [InlineData("a.example/x:1", "[]", null, null)]
    [InlineData("a.example/x:1", "[\"key\"]", "jobs[0].image", "needs a digest")]
    [InlineData("a.example/x", "[\"Key\"]", "jobs[0].imagePullSecrets[0]", "no Secret's name")]
    [InlineData("a.example/x", "\"key\"", "jobs[0].imagePullSecrets", "must be a list")]
    [InlineData("a.example/x", "[\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\",\"a\"]", "jobs[0].imagePullSecrets", "at most 8")]
    public void Parse_ImagePullSecrets_AreNamesBesideADigest(string image, string secrets, string? path, string? problem)
    {
        var workload = JsonNode.Parse(With("jobs", "image", image))!;
        workload["jobs"]![0]!["imagePullSecrets"] = JsonNode.Parse(secrets);
        var result = WorkloadParser.Parse(workload.ToJsonString());
        if (path is null) Assert.Equal(JsonNode.Parse(secrets)!.AsArray().Select(s => (string)s!), result.Workload!.Jobs[0].Container.ImagePullSecrets);
        else Assert.Contains(result.Faults, f => f.Path == path && f.Problem.Contains(problem!, StringComparison.Ordinal));
    }

    // The node asks for what the tenant names, from inside the datacenter.
    [Theory]
    [InlineData("169.254.169.254/x", "an address")]
    [InlineData("10.0.0.5:5000/x", "an address")]
    [InlineData("127.1/x", "an address")]
    [InlineData("2130706433:80/x", "an address")]
    [InlineData("0x7f000001:80/x", "an address")]
    [InlineData("0x7f.1/x", "an address")]
    [InlineData("169.254.0xA9FE/x", "an address")]
    [InlineData("localhost:5000/x", "inner network")]
    [InlineData("LOCALHOST:5000/x", "inner network")]
    [InlineData("registry:5000/x", "inner network")]
    [InlineData("registry.kube-system.svc/x", "inner network")]
    [InlineData("registry.kube-system.svc.cluster.local:5000/x", "inner network")]
    [InlineData("printer.LOCAL/x", "inner network")]
    [InlineData("metadata.google.internal/x", "inner network")]
    [InlineData("a.localhost/x", "inner network")]
    public void Parse_ImageAtAnInnerHost_IsRefused(string image, string problem) =>
        Assert.Contains(problem, Assert.Single(WorkloadParser.Parse(With("jobs", "image", image)).Faults).Problem, StringComparison.Ordinal);

    [Theory]
    [InlineData("[::1]:5000/x")]
    [InlineData("[fd00::1]/x")]
    public void Parse_ImageAtAnIpv6Address_IsRefused(string image) => Assert.False(WorkloadParser.Parse(With("jobs", "image", image)).IsValid);

    // Each DEL takes six bytes once it is written: the bound is on what is stored.
    [Theory]
    [InlineData('a', 5, true)]
    [InlineData('a', 6, false)]
    [InlineData('\u007f', 1, false)]
    [InlineData('é', 1, true)]
    public void Parse_TextsOfOneProgram_AreBoundedAsStored(char c, int arguments, bool valid)
    {
        var args = new JsonArray([.. Enumerable.Range(0, arguments).Select(_ => (JsonNode)new string(c, 32_000))]);
        var faults = WorkloadParser.Parse(With("jobs", "args", args)).Faults;
        string[] expected = valid ? [] : ["jobs[0]"];
        Assert.Equal(expected, faults.Select(f => f.Path));
    }

    [Fact]
    public void Parse_LongestName_IsTaken()
    {
        Assert.True(WorkloadParser.Parse(With("jobs", "name", new string('a', 40))).IsValid);
        Assert.False(WorkloadParser.Parse(With("jobs", "name", new string('a', 41))).IsValid);
    }

    [Fact]
    public void Parse_TooLong_IsRefusedWithTheBound()
    {
        var fault = Assert.Single(WorkloadParser.Parse(With("jobs", "args", new string('a', WorkloadLimits.Bytes))).Faults);
        Assert.Contains("at most 262144", fault.Problem, StringComparison.Ordinal);
        using var wide = JsonDocument.Parse($"\"{new string('é', WorkloadLimits.Bytes / 2)}\"");
        Assert.Contains("at most 262144", WorkloadParser.Parse(wide.RootElement).Faults[0].Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(5000)]
    public void Parse_ElementThatIsTooDeep_IsRefusedWithTheBound(int depth)
    {
        using var deep = JsonDocument.Parse(new string('[', depth) + new string(']', depth), new JsonDocumentOptions { MaxDepth = depth });
        Assert.Equal("is nested deeper than 32", Assert.Single(WorkloadParser.Parse(deep.RootElement).Faults).Problem);
    }

    [Fact]
    public void Parse_LongText_IsRefused() =>
        Assert.Equal("env[0].value", Assert.Single(WorkloadParser.Parse(With("jobs", "env", new JsonArray(new JsonObject { ["name"] = "A", ["value"] = new string('a', 40_000) }))).Faults).Path[8..]);

    [Fact]
    public void Parse_TooManyVariables_IsRefused()
    {
        var env = new JsonArray([.. Enumerable.Range(0, 65).Select(i => new JsonObject { ["name"] = $"V{i}", ["value"] = "" })]);
        var fault = Assert.Single(WorkloadParser.Parse(With("jobs", "env", env)).Faults);
        Assert.Equal("has 65 items: at most 64 are allowed", fault.Problem);
    }

    [Fact]
    public void Parse_MoreThanTheChainHolds_IsRefused()
    {
        var result = WorkloadParser.Parse(With("services", "replicas", 64, "64Ti"));
        Assert.Contains("(memory): a lease can reserve at most 4294967295", Assert.Single(result.Faults).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_Nothing_IsRefused()
    {
        Assert.Equal("is missing", Assert.Single(WorkloadParser.Parse(default(JsonElement)).Faults).Problem);
        Assert.False(WorkloadParser.Parse("").IsValid);
        Assert.False(WorkloadParser.Parse("null").IsValid);
        Assert.False(WorkloadParser.Parse("\"\ud800\"").IsValid);
    }

    [Fact]
    public void Parse_ThousandsOfUnknownFields_AreCountedNotListed()
    {
        var fields = string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"\"f{i}\":0"));
        var faults = WorkloadParser.Parse($"{{{fields}}}").Faults;
        Assert.Equal(20, faults.Count);
        Assert.Equal("workload: 19981 more faults", faults[^1].ToString());
    }

    [Fact]
    public void ToString_OfAFault_NamesThePath()
    {
        Assert.Equal("workload.jobs[0].name: is missing", new WorkloadFault("jobs[0].name", "is missing").ToString());
        Assert.Equal("workload: is missing", new WorkloadFault("", "is missing").ToString());
    }

    // A tenant's text must not write lines of its own into logs and conditions.
    [Fact]
    public void Parse_ControlCharacters_DoNotReachTheMessage()
    {
        var faults = WorkloadParser.Parse(With("jobs", "name\nlevel=info \u2028", "a\r\nb")).Faults.Concat(WorkloadParser.Parse(With("jobs", "name", "a\r\nb")).Faults).ToArray();
        Assert.Equal(2, faults.Length);
        Assert.All(faults, f => Assert.DoesNotContain(f.ToString(), c => char.IsControl(c) || c == '\u2028'));
    }

    // The program needs memory beside its volumes; its scratch space it may fill with them.
    [Fact]
    public void Parse_VolumesThatGoWithThePod_AreTakenOnlyWithinItsResources() => Prop.ForAll(Gen.Choose(1, 6).ListOf(4).ToArbitrary(), sizes =>
    {
        var volumes = new JsonArray([.. sizes.Select((s, i) => (JsonNode)new JsonObject { ["name"] = $"v{i}", ["size"] = $"{s}Mi", ["mountPath"] = $"/v{i}", ["medium"] = i % 2 == 0 ? "Memory" : "Scratch" })]);
        var workload = JsonNode.Parse(With("jobs", "volumes", volumes, "7Mi"))!;
        workload["jobs"]![0]!["resources"]!["ephemeralStorage"] = "7Mi";
        var expected = new[] { sizes[0] + sizes[2] < 7, sizes[1] + sizes[3] <= 7 };
        return WorkloadParser.Parse(workload.ToJsonString()).Faults.Count == expected.Count(fits => !fits);
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("/etc/hosts")]
    [InlineData("/etc/hostname")]
    [InlineData("/etc/resolv.conf")]
    [InlineData("/etc")]
    [InlineData("/dev/shm/x")]
    [InlineData("/sys/fs/cgroup")]
    [InlineData("/run/secrets/kubernetes.io")]
    [InlineData("/var/run/secrets/kubernetes.io/serviceaccount")]
    [InlineData("/var/run/nvidia-container-devices/all")]
    [InlineData("/etc/hosts.d", true)]
    [InlineData("/dev/shm", true)]
    [InlineData("/run", true)]
    [InlineData("/var/run/secrets/app", true)]
    public void Parse_MountPath_KeepsWhatTheNodeMounts(string path, bool valid = false)
    {
        var volume = new JsonObject { ["name"] = "v", ["size"] = "1Mi", ["mountPath"] = path, ["medium"] = "Memory" };
        var result = WorkloadParser.Parse(With("jobs", "volumes", new JsonArray(volume)));
        Assert.Equal(valid ? [] : ["jobs[0].volumes[0].mountPath"], result.Faults.Select(f => f.Path));
    }

    // What the hash is taken of must be what runs: one canonical form, one meaning.
    [Theory]
    [InlineData("full")]
    [InlineData("references")]
    public void Parse_CanonicalForm_MeansTheSame(string golden) => Prop.ForAll(Mutations(golden).ToArbitrary(), json =>
    {
        var result = WorkloadParser.Parse(json);
        if (!result.IsValid) return result.Workload is null && result.Faults.Count is > 0 and <= 20;
        return Text(WorkloadParser.Parse(CanonicalJsonTests.Canonical(json))) == Text(result);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Parse_AnyJson_ListsFaultsAndNeverThrows()
    {
        var random = new Random(5);
        for (var i = 0; i < 2000; i++)
        {
            var result = WorkloadParser.Parse(RandomJson.Value(random, 5));
            Assert.Null(result.Workload);
            Assert.InRange(result.Faults.Count, 1, 20);
        }
    }

    private static string Text(WorkloadResult result) => JsonSerializer.Serialize(result.Workload);

    // One character of a good manifest changed, or a piece doubled or cut.
    private static Gen<string> Mutations(string name)
    {
        var json = Golden(name);
        return from at in Gen.Choose(0, json.Length - 9)
               from length in Gen.Choose(0, 8)
               from kind in Gen.Choose(0, 3)
               from c in Gen.Elements("0", "1", "-", "e1", ".0", "\"", "}", "{", ",", "a", "\\u0000", "null", "[]", " ")
               select kind switch
               {
                   0 => json.Insert(at, c),
                   1 => json.Remove(at, length),
                   2 => json.Insert(at, json.Substring(at, length)),
                   _ => json.Remove(at, 1).Insert(at, c),
               };
    }

    private static string With(string list, string field, JsonNode value, string memory = "128Mi")
    {
        var program = new JsonObject
        {
            ["name"] = "web", ["image"] = "busybox", ["resources"] = new JsonObject { ["cpu"] = "1", ["memory"] = memory },
        };
        program[field] = value;
        return new JsonObject { [list] = new JsonArray(program) }.ToJsonString();
    }

    private static string WithPostResult(string golden, string value)
    {
        var workload = JsonNode.Parse(Golden(golden))!;
        workload["postResult"] = JsonNode.Parse(value);
        return workload.ToJsonString();
    }
}
