using Federation.Domain.Leases;

namespace Federation.Domain.Placement;

/// <summary>What the datacenter's condition says of the storage that is promised.</summary>
public static class StorageRules
{
    public const string Type = "StorageCounted";

    /// <param name="namedMiB">By the administrator; null: nothing is.</param>
    /// <param name="retaining">StorageClass of tenants' volumes that keeps them when their claims go; null: it does not.</param>
    public static LeaseCondition Judge(long? namedMiB, ClassCapacity storage, string? retaining = null)
    {
        if (namedMiB is null && storage.Allocatable == 0)
            return new LeaseCondition(Type, ConditionStatus.False, PlacementReasons.StorageUnknown, "spec.storageMiB is not set, and no node that takes pods tells of ephemeral-storage: Requests that reserve storage are refused. Name in spec.storageMiB what leases may have.");
        if ((Int128)storage.Leased + storage.Held > storage.Allocatable)
            return new LeaseCondition(Type, ConditionStatus.False, "StorageExceeded", "Leases, open quotes and kept volumes have more storage than there is to promise: see storage in status.capacity. None is promised until some of them end. What runs goes on."
                + (namedMiB is null ? " spec.storageMiB is not set, so only what the nodes have as scratch space is counted: name in it what the storage behind spec.storageClass has for leases." : ""));
        if (retaining is not null && namedMiB != 0)
            return new LeaseCondition(Type, ConditionStatus.False, "VolumesRetained", $"StorageClass {retaining} has reclaimPolicy Retain: what tenants wrote stays on its volumes when their lease is over, and their room is promised again though it is not free. Name in spec.storageClass a class with reclaimPolicy Delete; then wipe and delete the PersistentVolumes that are Released.");
        return namedMiB is null
            ? new LeaseCondition(Type, ConditionStatus.True, "NodesScratch", "spec.storageMiB is not set: leases are promised, volumes included, no more storage than the nodes have as scratch space. Name in it what the storage behind spec.storageClass has for leases.")
            : new LeaseCondition(Type, ConditionStatus.True, "Named", "Leases are promised no more storage, as volumes and scratch space together, than spec.storageMiB names.");
    }
}
