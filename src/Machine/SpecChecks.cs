using System;
using System.Globalization;
using Doppel.Cpu;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>Whether a spec can become a machine. All members throw <see cref="MachineSpecException"/> with a line for people when it cannot.</summary>
internal static class SpecChecks
{
    /// <summary>The engine that a spec names.</summary>
    public static ICpuEngine FindEngine(MachineSpec spec) => Engines.Find(spec.Engine)
        ?? throw new MachineSpecException($"no engine \"{spec.Engine}\" works here; choose one of {string.Join(", ", Engines.Names)}");

    /// <summary>The CPU model of that name.</summary>
    public static CpuModel FindModel(string name)
    {
        try
        {
            return CpuModels.Find(name);
        }
        catch (ArgumentException e)
        {
            throw new MachineSpecException(e.Message);
        }
    }

    /// <summary>Checks what can be said without the host.</summary>
    public static void Check(MachineSpec spec)
    {
        if (spec.MemoryBytes is < MachineSpec.MinMemoryBytes or > MachineSpec.MaxMemoryBytes || (spec.MemoryBytes & 0xFFF) != 0)
        {
            throw new MachineSpecException("the memory size must be from 1 MiB to 1 TiB and a multiple of 4 KiB");
        }

        if (spec.Cpus is < 1 or > MachineSpec.MaxCpus)
        {
            throw new MachineSpecException(string.Create(CultureInfo.InvariantCulture, $"{spec.Cpus} CPUs are not possible; 1 to {MachineSpec.MaxCpus} are"));
        }

        if (spec.Cpus > 1 && !FindModel(spec.CpuModel).Has(CpuFeatures.Apic))
        {
            throw new MachineSpecException($"CPU model {spec.CpuModel} has no local APIC, without which there is only one CPU; choose another model or 1 CPU");
        }

        MachineParts.Check(spec);
        RunLog.Check(spec);
        if (spec.HashAt is not null && !spec.Deterministic)
        {
            throw new MachineSpecException("a state hash at an instruction needs deterministic mode");
        }
    }

    /// <summary>Checks that <paramref name="spec"/> is of the machine in <paramref name="snapshot"/>.</summary>
    public static SnapshotFile CheckShape(SnapshotFile snapshot, MachineSpec spec)
    {
        if (spec.MemoryBytes != snapshot.Spec.MemoryBytes || spec.CpuModel != snapshot.Spec.CpuModel || spec.Cpus != snapshot.Spec.Cpus)
        {
            throw new MachineSpecException(string.Create(CultureInfo.InvariantCulture,
                $"the snapshot is of a machine with {snapshot.Spec.MemoryBytes >> 20} MiB and {snapshot.Spec.Cpus} CPU {snapshot.Spec.CpuModel}, which cannot be changed to {spec.MemoryBytes >> 20} MiB and {spec.Cpus} CPU {spec.CpuModel}"));
        }

        if (MachineParts.Difference(snapshot.Spec, spec) is { } difference)
        {
            throw new MachineSpecException($"the snapshot's machine has other parts: {difference}");
        }

        CpuFeatures here = FindModel(spec.CpuModel).Features;
        return here == snapshot.Features
            ? snapshot
            : throw new MachineSpecException($"the snapshot's CPU model {spec.CpuModel} is not the same on this host ({here ^ snapshot.Features} differ); save it with a model that both hosts can be");
    }
}
