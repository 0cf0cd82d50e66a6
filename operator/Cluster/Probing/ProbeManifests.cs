using System.Text.Json.Nodes;
using Federation.Cluster.Manifests;

namespace Federation.Cluster.Probing;

/// <summary>
/// Two pods and the policies between them. One listens on several ports; the other tries all of them at once, so that the port which
/// is open to it proves in the same moment that the network carries, and the closed ones prove what is enforced: each direction, and
/// each kind of rule that the policies of leases have, by itself.
/// </summary>
internal static class ProbeManifests
{
    /// <summary>Label of all of it; its value is the part that an object plays.</summary>
    public const string Label = Names.Group + "/probe";

    /// <summary>Seconds after which the node itself ends a pod that nobody removed.</summary>
    public const int DeadlineSeconds = 180;

    /// <summary>Ports of the listener, of each of which the client says a digit.</summary>
    public static int PortCount => Isolated.Length;

    public const string Listener = "listener";
    public const string Client = "client";

    private const int OpenPort = 8080;
    private const int EgressPort = 8081;
    private const int IngressPort = 8082;
    private const int BlockPort = 8083;
    private const int StrangerPort = 8084;
    private const int NamespacePort = 8085;

    // In the order in which the client says what it reached, and what it says where all is enforced.
    private static readonly string Ports = $"{OpenPort} {EgressPort} {IngressPort} {BlockPort} {StrangerPort} {NamespacePort}";
    private const string Isolated = "100001";

    // The trap: the first process of a container has no default signal handlers.
    private static readonly string Listen = $$"""
        trap 'exit 0' TERM INT
        echo "$WORD" >/tmp/index.html
        for port in {{Ports}}; do httpd -p $port -h /tmp || exit 1; done
        sleep {{DeadlineSeconds}} & wait
        """;

    // A network may take some seconds to know a new pod: what got through counts only when it still does after 15 s, what
    // did not counts when it did not three times in a row. Rounds in which the open port was silent too tell nothing.
    private static readonly string Try = $$"""
        reach() { [ "$(timeout 2 wget -q -O - "http://$ADDRESS:$1/" 2>/dev/null)" = "$WORD" ] && printf 1 || printf 0; }
        calm=0 leak= end=$(($(date +%s) + 15))
        while [ $calm -lt 3 ]; do
          for port in {{Ports}}; do reach $port >/tmp/$port & done; wait
          seen=$(for port in {{Ports}}; do cat /tmp/$port; done)
          case $seen in
            {{Isolated}}) calm=$((calm + 1)) leak=; continue ;;
            1*) leak=$seen ;;
          esac
          calm=0
          [ "$(date +%s)" -lt $end ] || break
          sleep 1
        done
        [ $calm -ge 3 ] || seen=${leak:-000000}
        printf %s "$seen" >/dev/termination-log
        """;

    public static JsonObject ListenerPolicy(string space) => Policy(space, Listener, "Ingress", new JsonObject
    {
        ["ingress"] = new JsonArray(Rule("from", Part(Client), OpenPort, EgressPort, BlockPort, StrangerPort, NamespacePort)),
    });

    /// <summary>Its rules are as those of a lease: by pods, by addresses with exceptions, by namespaces that are no lease's.</summary>
    /// <param name="address">The listener's.</param>
    public static JsonObject ClientPolicy(string space, string address) => Policy(space, Client, "Egress", new JsonObject
    {
        ["egress"] = new JsonArray(
            Rule("to", Part(Listener), OpenPort, IngressPort),
            Rule("to", Except(address), BlockPort),
            Rule("to", Part(Listener, "Exists"), StrangerPort),
            Rule("to", Part(Listener, "DoesNotExist"), NamespacePort)),
    });

    /// <param name="word">What it answers with, of this probe alone; also the end of its name.</param>
    public static JsonObject ListenerPod(ProbeOptions options, string word) => Pod(options, Listener, word, Listen, Json.Map(("name", "WORD"), ("value", word)));

    /// <param name="address">The listener's.</param>
    public static JsonObject ClientPod(ProbeOptions options, string word, string address) =>
        Pod(options, Client, word, Try, Json.Map(("name", "WORD"), ("value", word)), Json.Map(("name", "ADDRESS"), ("value", address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address)));

    private static JsonObject Policy(string space, string part, string type, JsonObject spec)
    {
        spec["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map((Label, part)) };
        spec["policyTypes"] = new JsonArray(type);
        return new JsonObject
        {
            ["apiVersion"] = "networking.k8s.io/v1",
            ["kind"] = "NetworkPolicy",
            ["metadata"] = Metadata(space, $"probe-{part}", part),
            ["spec"] = spec,
        };
    }

    private static JsonObject Rule(string peers, JsonObject peer, params IEnumerable<int> ports) => new()
    {
        [peers] = new JsonArray(peer),
        ["ports"] = Json.List(ports.Select(port => new JsonObject { ["protocol"] = "TCP", ["port"] = port })),
    };

    /// <param name="lease">Operator on the label of leases, which the probe's namespace has not; null: of its namespace.</param>
    private static JsonObject Part(string part, string? lease = null)
    {
        var peer = new JsonObject { ["podSelector"] = new JsonObject { ["matchLabels"] = Json.Map((Label, part)) } };
        if (lease is not null) peer["namespaceSelector"] = new JsonObject { ["matchExpressions"] = new JsonArray(Json.Map(("key", Names.LeaseLabel), ("operator", lease))) };
        return peer;
    }

    private static JsonObject Except(string address)
    {
        var (all, one) = address.Contains(':', StringComparison.Ordinal) ? ("::/0", address + "/128") : ("0.0.0.0/0", address + "/32");
        return new JsonObject { ["ipBlock"] = new JsonObject { ["cidr"] = all, ["except"] = new JsonArray(one) } };
    }

    private static JsonObject Metadata(string space, string name, string part) => new()
    {
        ["name"] = name,
        ["namespace"] = space,
        ["labels"] = Json.Map((Names.ManagedByLabel, Names.Manager), (Label, part)),
    };

    private static JsonObject Pod(ProbeOptions options, string part, string word, string script, params JsonNode[] environment) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Pod",
        ["metadata"] = Metadata(options.Namespace, $"probe-{part}-{word}", part),
        ["spec"] = new JsonObject
        {
            ["restartPolicy"] = "Never",
            ["activeDeadlineSeconds"] = DeadlineSeconds,
            ["terminationGracePeriodSeconds"] = 1,
            ["automountServiceAccountToken"] = false,
            ["enableServiceLinks"] = false,
            ["securityContext"] = new JsonObject { ["runAsNonRoot"] = true, ["runAsUser"] = 65532, ["seccompProfile"] = Json.Map(("type", "RuntimeDefault")) },
            ["containers"] = new JsonArray(Container(options.Image, script, environment)),
            ["volumes"] = new JsonArray(new JsonObject { ["name"] = "tmp", ["emptyDir"] = Json.Map(("sizeLimit", "1Mi")) }),
        },
    };

    private static JsonObject Container(string image, string script, JsonNode[] environment) => new()
    {
        ["name"] = "probe",
        ["image"] = image,
        ["imagePullPolicy"] = "IfNotPresent",
        ["command"] = new JsonArray("sh", "-c", script),
        ["env"] = Json.List(environment),
        ["volumeMounts"] = new JsonArray(Json.Map(("name", "tmp"), ("mountPath", "/tmp"))),
        ["securityContext"] = new JsonObject
        {
            ["allowPrivilegeEscalation"] = false,
            ["readOnlyRootFilesystem"] = true,
            ["capabilities"] = new JsonObject { ["drop"] = new JsonArray("ALL") },
        },
        // It asks for nothing: what can be sold must not move by being probed.
        ["resources"] = new JsonObject
        {
            ["requests"] = Json.Map(("cpu", "0"), ("memory", "0")),
            ["limits"] = Json.Map(("cpu", "200m"), ("memory", "32Mi")),
        },
    };
}
