using System.Diagnostics;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Scenarios.Docs;

namespace Federation.Scenarios.MainJob;

/// <summary>Where a tenant works who has a wallet, kubectl and <c>kubectl compute</c>: a home with a keystore and the settings, and what the commands keep there.</summary>
internal sealed class TenantHome : IDisposable
{
    private readonly DirectoryInfo home = Directory.CreateTempSubdirectory("federation-tenant-");
    private readonly FederationStage stage;

    internal TenantHome(FederationStage stage, LocalSigner wallet)
    {
        this.stage = stage;
        Keystore = Write("keystore.json", KeystoreFile.Encrypt(wallet, "of a tenant", 1 << 12));
        Password = Write("password", "of a tenant");
        Write("authorities.pem", string.Join('\n', stage.Sites.Select(s => File.ReadAllText(s.CertificateFile))));
        Write(".config/federation/config.yaml", $$"""
            chain: {rpcUrl: "{{stage.Federation.AnvilUrl}}", chainId: {{stage.Federation.ChainId}}, deploymentFile: "{{stage.Chain.DeploymentFile}}"}
            wallet: {keystoreFile: "~/keystore.json", passwordFile: "~/password"}
            gateways: {authorityFile: "~/authorities.pem"}
            """);
    }

    internal string Folder => home.FullName;

    internal string Keystore { get; }

    internal string Password { get; }

    private string Programs => $"{AppContext.BaseDirectory}:{stage.Federation.ToolsFolder}:{Environment.GetEnvironmentVariable("PATH")}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => home.Delete(recursive: true);

    /// <summary>Writes a file that only its owner reads, and returns its path.</summary>
    internal string Write(string name, string text)
    {
        var file = Path.Combine(home.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    /// <summary>Who follows pages here. No registry has their images on this machine, and its datacenters ask more, in a token that is worth little.</summary>
    internal PageReader Reader(params IEnumerable<(string Name, string Value)> has) => Reader([], has);

    /// <summary>One of whose pages more is written otherwise: a number that the chain gave.</summary>
    internal PageReader Reader((string Text, string Instead)[] edits, IEnumerable<(string Name, string Value)> has) => new(
        home.FullName,
        has.Append((Name: "PATH", Value: Programs)).ToDictionary(v => v.Name, v => v.Value),
        [
            .. edits, ("docker.io/nginxinc/nginx-unprivileged:1.27-alpine", BusyboxImages.Web),
            ("maxPrices: {cpu: \"20000000\", memory: \"3000000\", storage: \"100000\", egress: \"0\", gpuA: \"0\", gpuB: \"0\"}", $"maxPrices: {Samples.LocalPrices}"),
        ]);

    /// <summary>What <c>kubectl compute</c> says when all goes well.</summary>
    internal async Task<string> SaysAsync(params string[] arguments)
    {
        var ran = await ComputeAsync(arguments);
        Assert.True(ran.ExitCode == 0, $"kubectl compute {string.Join(' ', arguments)} ended with {ran.ExitCode}: {ran.Output}{ran.Error}");
        return ran.Output;
    }

    /// <summary><c>kubectl compute</c>, as kubectl runs its plugins.</summary>
    internal Task<Command.Result> ComputeAsync(params string[] arguments) => RunAsync(Path.Combine(AppContext.BaseDirectory, "kubectl-compute"), arguments);

    /// <summary>kubectl with the contexts that signing in gave it.</summary>
    internal Task<Command.Result> KubectlAsync(params string[] arguments) => RunAsync(Path.Combine(stage.Federation.ToolsFolder, "kubectl"), arguments);

    private async Task<Command.Result> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home.FullName;
        start.Environment["PATH"] = Programs;
        foreach (var other in new[] { "KUBECONFIG", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "FEDERATION_CONFIG" }) start.Environment.Remove(other);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(Cancellation), process.StandardError.ReadToEndAsync(Cancellation));
        await process.WaitForExitAsync(Cancellation);
        return new Command.Result(process.ExitCode, await output, await error);
    }
}
