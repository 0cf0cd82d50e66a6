using System.Globalization;
using Federation.Cluster.Mapping;
using Federation.Cluster.Watching;
using Federation.Kubernetes.Models;
using Federation.Kubernetes.Watching;

namespace Federation.Cluster.Tests.Watching;

/// <summary>Nodes and pods that change at random, and a line that delivers the news late, twice and in any order.</summary>
internal sealed class RandomCluster(int seed)
{
    private const int Nodes = 20;
    private const int Names = 60;

    private readonly Random random = new(seed);
    private readonly Dictionary<string, V1Node> nodes = [];
    private readonly Dictionary<ObjectKey, V1Pod> pods = [];
    private readonly List<Action<Inventory>> line = [];
    private ulong version = 100;
    private int uid;

    public void Happen()
    {
        version++;
        if (random.Next(6) == 0) NodeHappens($"node-{random.Next(Nodes):D2}");
        else PodHappens($"pod-{random.Next(Names)}", random.Next(3) == 0 ? "kube-system" : $"lease-{random.Next(8):D4}");
    }

    public void DeliverSome(Inventory inventory)
    {
        while (line.Count > 30 || (line.Count > 0 && random.Next(3) > 0)) DeliverOne(inventory, random.Next(line.Count));
    }

    public void DeliverAll(Inventory inventory)
    {
        while (line.Count > 0) DeliverOne(inventory, random.Next(line.Count));
    }

    /// <summary>What an informer tells after it has listed again; news that were still on their way come after it.</summary>
    public void Relist(Inventory inventory)
    {
        foreach (var node in nodes.Values) inventory.Handle(new InformerEvent<V1Node>(InformerEventType.Updated, null, node));
        foreach (var pod in pods.Values) inventory.Handle(new InformerEvent<V1Pod>(InformerEventType.Resynced, pod, pod));
    }

    public Inventory FreshInventory()
    {
        var fresh = new Inventory();
        foreach (var pod in pods.Values) fresh.Handle(new InformerEvent<V1Pod>(InformerEventType.Added, null, pod));
        foreach (var node in nodes.Values) fresh.Handle(new InformerEvent<V1Node>(InformerEventType.Added, null, node));
        return fresh;
    }

    /// <summary>What there is, added up from the objects by <see cref="InventoryOracle"/>.</summary>
    public InventoryOracle Oracle() => new([.. nodes.Values], [.. pods.Values]);

    public static V1Node Node(string name, ulong version, long gpus = 4, bool cordoned = false, string product = "NVIDIA-A100-SXM4-80GB", string uid = "u") => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Uid = uid,
            ResourceVersion = version.ToString(CultureInfo.InvariantCulture),
            Labels = new Dictionary<string, string> { ["nvidia.com/gpu.product"] = product, ["nvidia.com/gpu.memory"] = "81920" },
        },
        Spec = new V1NodeSpec { Unschedulable = cordoned },
        Status = new V1NodeStatus
        {
            Capacity = new Dictionary<string, string> { ["nvidia.com/gpu"] = "4" },
            Allocatable = new Dictionary<string, string> { ["cpu"] = "8", ["memory"] = "16Gi", ["pods"] = "110", ["nvidia.com/gpu"] = gpus.ToString(CultureInfo.InvariantCulture) },
            Conditions = [new V1ObservedCondition { Type = "Ready", Status = "True" }],
        },
    };

    public static V1Pod Pod(string name, string uid, ulong version, string? node, int cpuMilli, string space = "default", string phase = "Running", int gpus = 0) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = space, Uid = uid, ResourceVersion = version.ToString(CultureInfo.InvariantCulture) },
        Spec = new V1PodSpec
        {
            NodeName = node,
            Containers = [new V1Container { Name = "c", Resources = new V1ResourceRequirements { Requests = Requests(cpuMilli, gpus) } }],
        },
        Status = new V1PodStatus { Phase = phase },
    };

    private static Dictionary<string, string> Requests(int cpuMilli, int gpus)
    {
        var requests = new Dictionary<string, string> { ["cpu"] = $"{cpuMilli}m", ["memory"] = $"{cpuMilli}Ki" };
        if (gpus > 0) requests["nvidia.com/gpu"] = gpus.ToString(CultureInfo.InvariantCulture);
        return requests;
    }

    private void NodeHappens(string name)
    {
        if (!nodes.TryGetValue(name, out var old))
        {
            nodes[name] = Afflict(Node(name, version, uid: $"node-{++uid}"));
            Tell(InformerEventType.Added, nodes[name]);
        }
        else if (random.Next(4) == 0)
        {
            nodes.Remove(name);
            Tell(InformerEventType.Deleted, old with { Metadata = old.Metadata with { ResourceVersion = version.ToString(CultureInfo.InvariantCulture) } });
        }
        else
        {
            var product = random.Next(5) == 0 ? "NVIDIA-L4" : "NVIDIA-A100-SXM4-80GB";
            nodes[name] = Afflict(Node(name, version, random.Next(5), random.Next(4) == 0, product, old.Metadata.Uid!));
            Tell(InformerEventType.Updated, nodes[name]);
        }
    }

    private void PodHappens(string name, string space)
    {
        var key = new ObjectKey(space, name);
        if (!pods.TryGetValue(key, out var old))
        {
            pods[key] = Fill(Pod(name, $"pod-{++uid}", version, random.Next(3) == 0 ? null : AnyNode(), random.Next(1, 900), space, gpus: random.Next(3)));
            Tell(InformerEventType.Added, pods[key]);
        }
        else if (random.Next(3) == 0)
        {
            pods.Remove(key);
            Tell(InformerEventType.Deleted, old with { Metadata = old.Metadata with { ResourceVersion = version.ToString(CultureInfo.InvariantCulture) } });
        }
        else
        {
            var phase = random.Next(4) switch { 0 => "Succeeded", 1 => "Failed", _ => "Running" };
            pods[key] = Fill(Pod(name, old.Metadata.Uid!, version, old.Spec!.NodeName ?? AnyNode(), random.Next(1, 900), space, phase, random.Next(3)));
            Tell(InformerEventType.Updated, pods[key]);
        }
    }

    // Slices of a device beside whole ones, and what keeps pods off: all that a node can say, at random.
    private V1Node Afflict(V1Node node)
    {
        var labels = new Dictionary<string, string>(node.Metadata.Labels!);
        var (allocatable, conditions) = (new Dictionary<string, string>(node.Status!.Allocatable!), node.Status.Conditions!.ToList());
        if (random.Next(3) == 0)
        {
            labels["nvidia.com/mig.strategy"] = "mixed";
            labels["nvidia.com/mig-1g.10gb.product"] = "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb";
            labels["nvidia.com/mig-1g.10gb.memory"] = "9856";
            allocatable["nvidia.com/mig-1g.10gb"] = $"{random.Next(8)}";
        }

        allocatable["ephemeral-storage"] = $"{random.Next(10, 90)}Gi";
        allocatable["pods"] = $"{random.Next(1, 12)}";
        V1Taint[] taints = random.Next(5) switch
        {
            0 => [new V1Taint { Key = "dedicated", Effect = "NoSchedule" }],
            1 => [new V1Taint { Key = "gone", Effect = "NoExecute" }],
            // Which only advises.
            2 => [new V1Taint { Key = "busy", Effect = "PreferNoSchedule" }],
            _ => [],
        };
        if (random.Next(6) == 0) conditions.Add(new V1ObservedCondition { Type = random.Next(2) == 0 ? "MemoryPressure" : "DiskPressure", Status = random.Next(2) == 0 ? "True" : "False" });
        if (random.Next(8) == 0) conditions[0] = conditions[0] with { Status = random.Next(2) == 0 ? "False" : "Unknown" };
        return node with
        {
            Metadata = node.Metadata with { Labels = labels },
            Spec = node.Spec! with { Taints = taints },
            Status = node.Status with { Allocatable = allocatable, Conditions = conditions },
        };
    }

    // Containers that run before the others, some of which stay beside them, a second one, and an overhead.
    private V1Pod Fill(V1Pod pod)
    {
        var containers = pod.Spec!.Containers!.ToList();
        if (random.Next(3) == 0) containers.Add(Container("d"));
        V1Container[] before = [.. Enumerable.Range(0, random.Next(4)).Select(i => Container($"i{i}") with { RestartPolicy = random.Next(3) == 0 ? "Always" : null })];
        var overhead = random.Next(6) == 0 ? new Dictionary<string, string> { ["cpu"] = "25m", ["memory"] = "7Mi" } : null;
        return pod with { Spec = pod.Spec with { Containers = containers, InitContainers = before, Overhead = overhead } };
    }

    private V1Container Container(string name)
    {
        var requests = Requests(random.Next(1, 1500), random.Next(4) == 0 ? random.Next(1, 3) : 0);
        if (random.Next(3) == 0) requests["nvidia.com/mig-1g.10gb"] = $"{random.Next(1, 3)}";
        if (random.Next(2) == 0) requests["ephemeral-storage"] = $"{random.Next(1, 500)}Mi";
        return new V1Container { Name = name, Resources = new V1ResourceRequirements { Requests = requests } };
    }

    private string AnyNode() => $"node-{random.Next(Nodes):D2}";

    private void Tell(InformerEventType type, V1Node node) => line.Add(i => i.Handle(new InformerEvent<V1Node>(type, null, node)));

    private void Tell(InformerEventType type, V1Pod pod) => line.Add(i => i.Handle(new InformerEvent<V1Pod>(type, null, pod)));

    private void DeliverOne(Inventory inventory, int at)
    {
        line[at](inventory);
        if (random.Next(10) > 0) line.RemoveAt(at);
    }
}
