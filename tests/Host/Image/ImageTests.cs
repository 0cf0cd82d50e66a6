using System.Diagnostics;
using System.Text.Json.Nodes;
using Federation.Host.Tests.Support;

namespace Federation.Host.Tests.Image;

/// <summary>The image as it is shipped: made twice from the same, looked into, and run with nothing else around it.</summary>
public sealed class ImageTests : IDisposable
{
    // Source: Web3 Secret Storage Definition, test vectors.
    private const string Keystore = """
        {"crypto":{"cipher":"aes-128-ctr","cipherparams":{"iv":"6087dab2f9fdbbfaddc31a909735c1e6"},"ciphertext":"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46","kdf":"pbkdf2","kdfparams":{"c":262144,"dklen":32,"prf":"hmac-sha256","salt":"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"},"mac":"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"},"id":"3198bc9c-6672-5ab3-d995-4942343ae5b6","version":3}
        """;

    private const string KeystoreAddress = "0x008AeEda4D805471dF9b2A5B0f38A0C3bCBA786b";

    private static readonly string Root = FindRoot(AppContext.BaseDirectory);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("federation-image-");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Image_IsTheSameTwice_HoldsNoShell_AndRunsByItself()
    {
        Assert.True(File.Exists(Path.Combine(Root, "artifacts", "operator", "federation-operator")), "the operator is not published: run `make build`");
        var printed = await BuildAsync("one");
        await BuildAsync("two");

        // 1. Two builds, one digest, and every byte of the archive.
        Assert.Equal(ReadFrom("one", "digest"), ReadFrom("two", "digest"));
        Assert.Equal(File.ReadAllBytes(PathOf("one", "federation-operator.tar")), File.ReadAllBytes(PathOf("two", "federation-operator.tar")));
        Assert.Matches("[0-9]+ MiB compressed, [0-9]+ MiB unpacked", printed);

        // 2. What an engine and a scanner read.
        await RunAsync("tar", "-xf", PathOf("one", "federation-operator.tar"), "-C", Directory.CreateDirectory(PathOf("layout")).FullName);
        var manifest = Blob(ReadFrom("one", "digest").Trim());
        // A name without a host would be docker.io's to a node that it is loaded into.
        Assert.StartsWith("localhost/federation/operator:", (string)JsonNode.Parse(File.ReadAllText(PathOf("layout", "index.json")))!["manifests"]![0]!["annotations"]!["io.containerd.image.name"]!, StringComparison.Ordinal);
        var config = Blob((string)manifest["config"]!["digest"]!);
        Assert.Equal("65532:65532", (string)config["config"]!["User"]!);
        Assert.Equal("Apache-2.0", (string)config["config"]!["Labels"]!["org.opencontainers.image.licenses"]!);
        var sbom = JsonNode.Parse(ReadFrom("one", "federation-operator.spdx.json"))!;
        var names = ((JsonArray)sbom["packages"]!).Select(p => (string)p!["name"]!).ToArray();
        Assert.All(new[] { "libc6", "libssl3", "libsecp256k1-1", "ca-certificates", "YamlDotNet" }, name => Assert.Contains(name, names));
        var licences = ((JsonArray)sbom["packages"]!).ToDictionary(p => (string)p!["name"]!, p => (string)p!["licenseDeclared"]!);
        Assert.Equal(("LGPL-2.1-or-later", "MIT", "Apache-2.0"), (licences["libc6"], licences["YamlDotNet"], licences["DnsClient"]));
        Assert.DoesNotContain("NOASSERTION", licences.Values);

        // 3. The layers, unpacked: nothing to start but the operator, and nothing that says who or when.
        var tree = Directory.CreateDirectory(PathOf("root")).FullName;
        foreach (var layer in (JsonArray)manifest["layers"]!) await RunAsync("tar", "-xzf", BlobPath((string)layer!["digest"]!), "-C", tree);
        Assert.True(new FileInfo(Path.Combine(tree, "etc/ssl/certs/ca-certificates.crt")).Length > 100_000);
        Assert.Equal(["opt/federation/federation-operator"], Directory.EnumerateFiles(tree, "*", SearchOption.AllDirectories)
            .Where(f => IsProgram(f) && !Path.GetFileName(f).Contains(".so", StringComparison.Ordinal)).Select(f => Path.GetRelativePath(tree, f)));

        // Nor where: else no two people would get the same image of the same sources.
        Assert.All(Directory.EnumerateFiles(Path.Combine(tree, "opt", "federation"), "Federation.*"), file =>
            Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes($"{Root}/operator")) >= 0, $"{Path.GetFileName(file)} says where it was built"));

        // 4. As its own user, on that file system alone and unable to write to it, it opens a keystore: crypto and curve are there.
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may start it in its own file system");
        File.WriteAllText(Path.Combine(tree, "etc", "keystore.json"), Keystore);
        File.WriteAllText(Path.Combine(tree, "etc", "password"), "testpassword\n");
        foreach (var mount in new[] { "proc", "dev" }) Directory.CreateDirectory(Path.Combine(tree, mount));
        var pairs = ValidOptions.Pairs.Where(p => !p.Key.Contains("RemoteSigner", StringComparison.Ordinal)).ToDictionary();
        pairs["Federation:Chain:KeystoreFile"] = "/etc/keystore.json";
        pairs["Federation:Chain:KeystorePasswordFile"] = "/etc/password";
        pairs["DOTNET_EnableDiagnostics"] = "0";
        using var program = OperatorProcess.StartProgram("unshare", ["--mount", "sh", "-ec", """
            mount --bind "$0" "$0"; mount -o remount,bind,ro "$0"; mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"
            exec chroot --userspec=65532:65532 "$0" /opt/federation/federation-operator
            """, tree], pairs);
        await program.SaysAsync($"Operator key {KeystoreAddress}", Cancellation);
        program.Terminate();
        Assert.Equal(0, await program.EndAsync(Cancellation));
    }

    private string PathOf(params string[] parts) => Path.Combine([folder.FullName, .. parts]);

    private string ReadFrom(params string[] parts) => File.ReadAllText(PathOf(parts));

    private string BlobPath(string digest) => PathOf("layout", "blobs", "sha256", digest["sha256:".Length..]);

    private JsonNode Blob(string digest) => JsonNode.Parse(File.ReadAllText(BlobPath(digest)))!;

    private Task<string> BuildAsync(string name) => RunAsync(Path.Combine(Root, "operator", "image", "build"), PathOf(name));

    // ELF, or a script. What a link leads to is looked at itself, where the image has it.
    private static bool IsProgram(string file)
    {
        if (new FileInfo(file).LinkTarget is not null) return false;
        using var stream = File.OpenRead(file);
        var head = new byte[4];
        return stream.ReadAtLeast(head, 4, throwOnEndOfStream: false) == 4 && (head.AsSpan().SequenceEqual("\u007fELF"u8) || head.AsSpan(0, 2).SequenceEqual("#!"u8));
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        var errors = await process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.True(process.ExitCode == 0, errors);
        return await output;
    }

    private static string FindRoot(string folder) => File.Exists(Path.Combine(folder, "Federation.sln"))
        ? folder
        : FindRoot(Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Federation.sln is in no folder above the tests."));
}
