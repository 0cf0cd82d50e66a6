using Federation.Chain.Options;
using Federation.Domain.Leases;
using Federation.Domain.Pricing;
using Federation.Domain.Settlement;
using Federation.Ethereum;
using Federation.Metrics.Prometheus;

namespace Federation.Host.Countersigning;

/// <summary>Section <c>Countersign</c>: which lease a tenant's agent countersigns, with which key, and what it compares with.</summary>
public sealed class CountersignOptions
{
    /// <summary>The datacenter's endpoint, as the registry has it.</summary>
    public Uri? Gateway { get; set; }

    /// <summary>PEM file of authorities that the gateway's certificate is trusted by, beside the system's. Empty: the system's alone.</summary>
    public string AuthorityFile { get; set; } = "";

    /// <summary>0x and 64 hex digits.</summary>
    public string Lease { get; set; } = "";

    /// <summary>EIP-155 id of the lease's chain.</summary>
    public ulong ChainId { get; set; }

    /// <summary>The contract that holds the lease.</summary>
    public string LeaseManager { get; set; } = "";

    /// <summary>The datacenter's operator key as the registry names it; empty: whose signature the receipt has is not compared.</summary>
    public string OperatorKey { get; set; } = "";

    /// <summary>Keystore v3 file with the tenant's key or a session key.</summary>
    public string KeystoreFile { get; set; } = "";

    /// <summary>File with the keystore's password.</summary>
    public string KeystorePasswordFile { get; set; } = "";

    /// <summary>JSON-RPC endpoint that signs (<c>eth_signTypedData_v4</c>, <c>personal_sign</c>), instead of a keystore.</summary>
    public Uri? RemoteSignerUrl { get; set; }

    /// <summary>The account that the remote signer signs for.</summary>
    public string RemoteSignerAddress { get; set; } = "";

    /// <summary>Where it keeps its copy of the evidence and what it signed last; it has to outlive the program.</summary>
    public string Folder { get; set; } = "";

    /// <summary>So much more than was read here is signed: 0.02 is two parts of a hundred.</summary>
    public double Tolerance { get; set; } = 0.02;

    /// <summary>So much less downtime than was read here is signed, in all: a cluster learns later than its tenant that a node is lost, of each outage.</summary>
    public TimeSpan DownGrace { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Between two looks at the datacenter's receipt: well below the time that its settlements wait for others.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>One round and no more, for who runs it by a timer: it ends with 0 when it signed, 1 when it did not.</summary>
    public bool Once { get; set; }

    /// <summary>File of the tenant's own readings, a JSON object a line; or <see cref="Queries"/>.</summary>
    public string ReadingFile { get; set; } = "";

    /// <summary>The tenant's own Prometheus.</summary>
    public StoreOptions Prometheus { get; init; } = new();

    /// <summary>PromQL by meter, or of <c>downSeconds</c>, each of which gives one number: the sum from the lease's activation until the time that is asked for.</summary>
    public Dictionary<string, string> Queries { get; init; } = [];

    /// <summary>Meters that are not read here and that the evidence's word is taken for, such as <c>storageMiBSeconds</c>.</summary>
    public string[] Trusted { get; set; } = [];

    /// <summary>The key's part, as the operator's own is opened.</summary>
    internal ChainOptions Key => new() { KeystoreFile = KeystoreFile, KeystorePasswordFile = KeystorePasswordFile, RemoteSignerUrl = RemoteSignerUrl, RemoteSignerAddress = RemoteSignerAddress };

    /// <summary>All that is wrong, for people; empty when nothing is.</summary>
    public IEnumerable<string> Faults()
    {
        if (Gateway is not { IsAbsoluteUri: true, Scheme: "http" or "https" }) yield return "Countersign:Gateway must be an absolute http or https address: the datacenter's endpoint as the registry has it.";
        if (AuthorityFile.Length > 0 && !File.Exists(AuthorityFile)) yield return $"Countersign:AuthorityFile: there is no file '{AuthorityFile}'.";
        if (!LeaseId.TryParse(Lease, out _)) yield return "Countersign:Lease must be a lease id: 0x and 64 hex digits.";
        if (ChainId == 0) yield return "Countersign:ChainId must be set: a signature is good on one chain.";
        if (!Address.TryParse(LeaseManager, out var manager) || manager.IsZero) yield return "Countersign:LeaseManager must be an address: the contract that holds the lease.";
        if (OperatorKey.Length > 0 && !Address.TryParse(OperatorKey, out _)) yield return "Countersign:OperatorKey must be an address.";
        if (KeystoreFile.Length > 0 == RemoteSignerUrl is not null) yield return "Countersign: give KeystoreFile or RemoteSignerUrl, one of them.";
        if (KeystoreFile.Length > 0 && !(File.Exists(KeystoreFile) && File.Exists(KeystorePasswordFile))) yield return "Countersign:KeystoreFile and KeystorePasswordFile must name files that are there.";
        if (RemoteSignerUrl is not null && !Address.TryParse(RemoteSignerAddress, out _)) yield return "Countersign:RemoteSignerAddress must be an address.";
        if (Folder.Length == 0) yield return "Countersign:Folder is missing: where the copy of the evidence is kept, and what was signed last.";
        if (Tolerance is not (>= 0 and < 1)) yield return "Countersign:Tolerance must be from 0 to below 1: 0.02 signs two parts of a hundred more than was read.";
        if (DownGrace < TimeSpan.Zero) yield return "Countersign:DownGrace must not be below 0: a minute signs a minute less than was read.";
        if (Every < TimeSpan.FromSeconds(1)) yield return "Countersign:Every must be at least a second.";
        if (ReadingFile.Length > 0 == Queries.Count > 0) yield return "Countersign: give ReadingFile or Queries, one of them: what the receipt is compared with.";
        if (Queries.Count > 0)
            foreach (var fault in Prometheus.Faults()) yield return "Countersign:" + fault;
        string[] meters = [.. CountersignRules.Meters(UsageVector.Zero).Select(m => m.Name), CountersignRules.Down];
        foreach (var name in Queries.Keys.Concat(Trusted).Except(meters)) yield return $"Countersign: '{name}' is no meter; there are {string.Join(", ", meters)}.";
    }
}
