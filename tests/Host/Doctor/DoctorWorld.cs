using System.Text.Json.Nodes;
using Federation.Chain;
using Federation.Chain.Accounts;
using Federation.Chain.Options;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Ethereum.Tests.Tools;
using Federation.Host.Doctor;
using Federation.Host.Options;
using Federation.Host.Tests.Support;
using Federation.Kubernetes.Client;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Tests.Support;

namespace Federation.Host.Tests.Doctor;

/// <summary>
/// What an operator needs, right: a real API server with the rights and definitions of an installed one, a chain with the real contracts,
/// a key with ether, classes, a claim that is bound. Each case makes one thing wrong. No Prometheus is there.
/// </summary>
public sealed class DoctorWorld : IAsyncLifetime
{
    internal const string Space = "federation-system";
    internal const string Claim = "federation-evidence";

    /// <summary>Of the class of volumes.</summary>
    internal const string Driver = """{apiVersion: storage.k8s.io/v1, kind: CSIDriver, metadata: {name: files.example.org}, spec: {attachRequired: false}}""";

    private readonly string folder = Directory.CreateTempSubdirectory("doctor-").FullName;
    private ContractAddresses contracts = null!;

    internal ApiServer Server { get; private set; } = null!;

    internal Anvil Anvil { get; private set; } = null!;

    internal static string Rights => Path.Combine(Root(), "e2e", "Harness", "Demo", "Rbac.yaml");

    public async ValueTask InitializeAsync()
    {
        (Server, Anvil) = (await ApiServer.StartAsync(), await Anvil.StartAsync());
        using var deployer = await LocalAccount.ConnectAsync(Anvil.Http, LocalSigner.FromHex(Anvil.Key), new SendingOptions { PollInterval = TimeSpan.FromMilliseconds(50) }, TimeProvider.System, default);
        contracts = await new ContractDeployment(deployer.Writer, Path.Combine(Root(), "contracts", "out")).DeployAsync(new DeploymentSettings(), default);
        await Kubectl.RunAsync(Server, "apply", "-f", Rights);
        foreach (var definition in Directory.GetFiles(Path.Combine(Root(), "crds"), "*.yaml")) await Kubectl.RunAsync(Server, "apply", "--validate=false", "-f", definition);
        await Kubectl.RunAsync(Server, "wait", "--for=condition=Established", "crd", "--all", "--timeout=60s");
        await ApplyAsync("""
            {apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: files, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}, provisioner: files.example.org}
            """);
        await ApplyAsync(Driver);
        await ApplyAsync("""{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: gvisor}, handler: runsc}""");
        await ApplyAsync(Datacenter(""));
        await ClaimAsync(Claim, "files", "Bound");
        WriteKey(LocalSigner.FromHex(Anvil.Key), "keystore.json");
        await File.WriteAllTextAsync(Path.Combine(folder, "password"), "word");
        await File.WriteAllTextAsync(Path.Combine(folder, "kubeconfig"), Server.KubeConfigText(new JsonObject { ["token"] = ApiServer.OperatorToken }));
    }

    public async ValueTask DisposeAsync()
    {
        await Anvil.DisposeAsync();
        Server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Settings that are right.</summary>
    internal OperatorOptions Options()
    {
        var options = ValidOptions.Make();
        (options.Datacenter, options.Namespace, options.Kubeconfig) = ("north", Space, Path.Combine(folder, "kubeconfig"));
        var chain = options.Chain;
        (chain.RpcUrl, chain.Confirmations) = (Anvil.Http, 1);
        (chain.LeaseManager, chain.Market, chain.Parameters, chain.Apps) = ($"{contracts.LeaseManager}", $"{contracts.Market}", $"{contracts.Parameters}", $"{contracts.Apps}");
        (chain.Vault, chain.Registry, chain.Results) = ($"{contracts.Vault}", $"{contracts.Registry}", $"{contracts.Results}");
        (chain.RemoteSignerUrl, chain.RemoteSignerAddress) = (null, "");
        (chain.KeystoreFile, chain.KeystorePasswordFile) = (Path.Combine(folder, "keystore.json"), Path.Combine(folder, "password"));
        Assert.Empty(OptionsCheck.Faults(options));
        return options;
    }

    /// <summary>Its lines, as an administrator reads them.</summary>
    internal static async Task<(int Code, string[] Lines)> LookAsync(OperatorOptions options, string claim = Claim)
    {
        using var output = new StringWriter();
        var code = await DoctorVerb.LookAsync(options, claim, output);
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A file with a key, for <see cref="ChainOptions.KeystoreFile"/>.</summary>
    internal string WriteKey(LocalSigner signer, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllText(path, KeystoreFile.Encrypt(signer, "word", 1 << 12));
        return path;
    }

    internal async Task ApplyAsync(string manifest)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.yaml");
        await File.WriteAllTextAsync(path, manifest);
        await Kubectl.RunAsync(Server, "apply", "--validate=false", "-f", path);
    }

    /// <summary>A claim in that phase, which no controller changes here.</summary>
    /// <param name="storageClass">Null: of no class, as one is that was made where none was the default.</param>
    internal async Task ClaimAsync(string name, string? storageClass, string phase)
    {
        await ApplyAsync($$"""
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: {{name}}, namespace: {{Space}} }
            spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi} }, storageClassName: "{{storageClass}}"}
            """);
        await StatusAsync(ResourceKinds.PersistentVolumeClaim, name, Space, new JsonObject { ["phase"] = phase });
    }

    /// <summary>A node that no kubelet runs on.</summary>
    /// <param name="spec">Its spec, as YAML.</param>
    internal async Task NodeAsync(string name, string address, string spec = "{}")
    {
        await ApplyAsync($"{{apiVersion: v1, kind: Node, metadata: {{name: {name}}}, spec: {spec}}}");
        await StatusAsync(ResourceKinds.Node, name, null, new JsonObject
        {
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }), ["addresses"] = new JsonArray(new JsonObject { ["type"] = "InternalIP", ["address"] = address }),
        });
    }

    /// <summary>Writes what a controller would.</summary>
    internal async Task StatusAsync(ResourceKind kind, string name, string? space, JsonObject status)
    {
        using var admin = Server.Client();
        await admin.Resource(kind).PatchAsync(name, space, V1Patch.Merge(new JsonObject { ["status"] = status }), new() { Subresource = "status" });
    }

    /// <summary>The Datacenter, with more in its spec.</summary>
    internal static string Datacenter(string more, string endpoint = "https://localhost") => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: Datacenter
        metadata: {name: north}
        spec:
          provider: "0x0000000000000000000000000000000000000001"
          region: eu-north-1
          endpoint: {{endpoint}}
          prices: {token: "0x0000000000000000000000000000000000000009", cpu: "1", memory: "1", storage: "1", egress: "1", noticeSeconds: 60, activationSeconds: 600, maxDurationSeconds: 604800}
          {{more}}
        """;

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Federation.sln"))) folder = Path.GetDirectoryName(folder)!;
        return folder;
    }
}
