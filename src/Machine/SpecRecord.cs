using System;
using System.Buffers.Binary;
using System.Text;
using Doppel.Primitives;
using Doppel.X86.Cpuid;

namespace Doppel.Machine;

/// <summary>What a machine is made of, as a saved record: all of <see cref="MachineSpec"/> that is not the host's affair.</summary>
internal static class SpecRecord
{
    private const int MaxText = 1 << 16;

    public static void Save(MachineSpec spec, CpuModel model, IStateWriter to)
    {
        to.Begin("spec", 3);
        to.Write("memory", (ulong)spec.MemoryBytes);
        to.Write("cpu", Encoding.UTF8.GetBytes(model.Name));
        to.Write("features", (ulong)model.Features);
        to.Write("cpus", (ulong)spec.Cpus);
        to.Write("commandLine", Encoding.UTF8.GetBytes(spec.CommandLine));
        to.Write("unpack", spec.Unpack);
        to.Write("deterministic", spec.Deterministic);
        to.Write("isSeeded", spec.Seed is not null);
        to.Write("seed", spec.Seed ?? 0);
        MachineParts.Save(spec, to);
        to.End();
    }

    /// <summary>Reads it back; <paramref name="features"/> are those that the CPU model had where it was saved.</summary>
    public static MachineSpec Restore(IStateReader from, out CpuFeatures features, out bool hasFirmware, out bool hasVideoRom)
    {
        from.Begin("spec", 3);
        MachineSpec spec = new() { MemoryBytes = (long)from.ReadUnsigned("memory", MachineSpec.MaxMemoryBytes), CpuModel = Text(from, "cpu") };
        features = (CpuFeatures)from.ReadUnsigned("features");
        spec = spec with
        {
            Cpus = (int)from.ReadUnsigned("cpus", MachineSpec.MaxCpus),
            CommandLine = Text(from, "commandLine"),
            Unpack = from.ReadBool("unpack"),
            Deterministic = from.ReadBool("deterministic"),
            Seed = from.ReadBool("isSeeded") ? from.ReadUnsigned("seed") : RestoreNoSeed(from),
        };
        spec = MachineParts.Restore(spec, from, out hasFirmware, out hasVideoRom);
        from.End();
        return spec;
    }

    public static void SaveSums(ulong[] sums, IStateWriter to)
    {
        byte[] bytes = new byte[sums.Length * sizeof(ulong)];
        for (int i = 0; i < sums.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), sums[i]);
        }

        to.Begin("ramSums", 1);
        to.Write("xxh3", bytes);
        to.End();
    }

    public static ulong[] RestoreSums(int count, IStateReader from)
    {
        byte[] bytes = new byte[count * sizeof(ulong)];
        from.Begin("ramSums", 1);
        from.ReadBytes("xxh3", bytes);
        from.End();
        ulong[] sums = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            sums[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)));
        }

        return sums;
    }

    private static ulong? RestoreNoSeed(IStateReader from)
    {
        _ = from.ReadUnsigned("seed", 0);
        return null;
    }

    private static string Text(IStateReader from, string field) => Encoding.UTF8.GetString(from.ReadBytes(field, MaxText));
}
