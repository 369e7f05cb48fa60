using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Doppel.Cpu;
using Doppel.Devices;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Pci;
using Doppel.Machine.Snapshot;
using Doppel.Primitives;

namespace Doppel.Machine.Tests.Snapshot;

/// <summary>Nothing that a guest can change is left out of the saved state: every mutable field of every device is changed in turn, and the record must change.</summary>
public sealed class SavedFieldTests
{
    // Fields that are not state, each with its reason. "Type.field".
    private static readonly Dictionary<string, string> s_notSaved = new()
    {
        ["ApicTimer._mode"] = "follows from the saved vector table",
        ["ApicTimer._masked"] = "follows from the saved vector table",
        ["LocalApicCore._output"] = "derived: INTR is driven anew by Update",
        ["LocalApicCore.<GlobalEnabled>k__BackingField"] = "bit 11 of the saved base",
        ["LocalApicCore.<X2Apic>k__BackingField"] = "bit 10 of the saved base",
        ["PciFunction._driven"] = "follows from the saved request and command register",
        ["PciConfigSpace._reset"] = "constant after the constructor",
        ["PciConfigSpace._writable"] = "constant after the constructor",
        ["PciConfigSpace._clearable"] = "constant after the constructor",
        ["PciConfigSpace._live"] = "constant after the constructor",
        ["PciBus._pirqShares"] = "functions drive their wires anew when restored",
        ["AcpiPmPorts._managementOnCommand"] = "the PCI function that holds the bit tells it anew when it is restored",
        ["HostBridge440Fx._isManaging"] = "the processors tell it anew when they are restored",
        ["Piix3IsaBridge._high"] = "the bus drives its wires anew when restored",
        ["FwCfgDevice._selected"] = "the bytes of the item that the saved key chooses, made anew",
        ["ByteQueue._bytes"] = "only bytes that wait are saved, and none may wait",
        ["ByteQueue._head"] = "bytes are saved in their order; where the ring begins does not show",
        ["Uart16550A._triggers"] = "constant",
    };

    private static readonly Type[] s_wiring = [typeof(IDeviceSlot), typeof(IGuestClock), typeof(IInterruptLine), typeof(IDmaPort), typeof(IBoardControl), typeof(ITimer), typeof(IProcessorPins), typeof(IMmioClaim), typeof(IPortClaim), typeof(IRamWindow), typeof(PciBar), typeof(IIsaDmaChannel), typeof(ApicBus)];

    [Fact]
    public void Every_mutable_field_of_every_device_is_saved()
    {
        using VirtualMachine machine = new(new MachineSpec { Kernel = InterruptGuest.Image(60, 7_001), MemoryBytes = 4 << 20, Deterministic = true, HashAt = 100_000 });
        Assert.Equal(MachineExitKind.HashReached, machine.Run().Kind);
        using VirtualMachine withFirmware = new(new MachineSpec { Firmware = TinyFirmware.UefiImage([0xEB, 0xFE]), MemoryBytes = 4 << 20, Deterministic = true, HashAt = 1_000 });
        Assert.Equal(MachineExitKind.HashReached, withFirmware.Run().Kind);
        List<string> lost = [];
        HashSet<string> used = [];
        int tried = 0;
        foreach (IDevice device in machine.Hardware.Board.Devices.Concat(withFirmware.Hardware.Board.Devices))
        {
            foreach ((object owner, FieldInfo field) in StateOf(device))
            {
                string name = field.DeclaringType!.Name + "." + field.Name;
                tried++;
                if (Changes(device, owner, field))
                {
                    continue;
                }

                used.Add(name);
                if (!s_notSaved.ContainsKey(name))
                {
                    lost.Add(device.Name + ": " + name);
                }
            }
        }

        Assert.True(lost.Count == 0, "not saved:\n" + string.Join("\n", lost.Distinct()));
        Assert.True(tried > 150, $"only {tried} fields were looked at");
        Assert.Empty(s_notSaved.Keys.Except(used));
    }

    [Fact]
    public void Every_byte_of_the_processor_record_is_saved_and_comes_back()
    {
        VcpuState state = new();
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<VcpuRecord>(ref state.R));
        byte[] before = Save(to => VcpuStateRecord.Save("cpu", state.R, to));
        HashSet<int> padding = PaddingOf<VcpuRecord>(nameof(VcpuRecord.Gdtr), nameof(VcpuRecord.Idtr));
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            bool isSaved = !Save(to => VcpuStateRecord.Save("cpu", state.R, to)).AsSpan().SequenceEqual(before);
            Assert.True(isSaved || padding.Contains(i), $"byte {i} of {nameof(VcpuRecord)}");
            bytes[i] ^= 1;
        }

        FillLegally(ref state.R);
        byte[] full = Save(to => VcpuStateRecord.Save("cpu", state.R, to));
        VcpuState back = new();
        VcpuStateRecord.Restore("cpu", ref back.R, new BinaryStateReader(full));
        Assert.Equal(full, Save(to => VcpuStateRecord.Save("cpu", back.R, to)));
    }

    // A value of its own in every field, each inside the range that a saved state may hold.
    private static void FillLegally(ref VcpuRecord r)
    {
        Span<ulong> words = MemoryMarshal.Cast<VcpuRecord, ulong>(new Span<VcpuRecord>(ref r));
        for (int i = 0; i < words.Length; i++)
        {
            words[i] = 0x0101_0101_0101_0101UL * (ulong)((i % 200) + 1);
        }

        r.Rflags = 0x20_0A57;
        r.Cr0 = 0xE005_003B;
        r.Cr4 = 0x30_07F8;
        r.Efer = 0x20_0D01;
        r.Activity = VcpuActivity.Halted;
        r.InterruptShadow = 2;
        r.NmiBlocked = 1;
        r.NmiPending = 1;
        r.SystemManagement = 2;
        r.SmiPending = 1;
        r.SmBase = 0xA_0000;
        r.PendingDebug = 0xE00F;
        r.InterruptRequest = 1;
        r.Retired = 123_456_789;
    }

    // The six bytes behind the limit of each descriptor table register, and what aligns the last field.
    private static HashSet<int> PaddingOf<T>(params string[] tables)
    {
        HashSet<int> padding = [];
        foreach (string table in tables)
        {
            int at = (int)Marshal.OffsetOf<T>(table);
            padding.UnionWith(Enumerable.Range(at + 10, Unsafe.SizeOf<DescriptorTableState>() - 10));
        }

        padding.UnionWith(Enumerable.Range((int)Marshal.OffsetOf<T>(nameof(VcpuRecord.InterruptRequest)) + 4, 4));

        return padding;
    }

    private static bool Changes(IDevice device, object owner, FieldInfo field)
    {
        byte[] before = Save(device.Save);
        object? old = field.GetValue(owner);
        if (old is Array { Length: > 0 } array)
        {
            object item = array.GetValue(array.Length - 1)!;
            array.SetValue(Other(item), array.Length - 1);
            bool changes = !before.AsSpan().SequenceEqual(Save(device.Save));
            array.SetValue(item, array.Length - 1);
            return changes;
        }

        if (old is null)
        {
            return false;
        }

        field.SetValue(owner, Other(old));
        bool differs = !before.AsSpan().SequenceEqual(Save(device.Save));
        field.SetValue(owner, old);
        return differs;
    }

    private static object Other(object value) => value switch
    {
        bool b => !b,
        byte n => (byte)(n ^ 1),
        ushort n => (ushort)(n ^ 1),
        short n => (short)(n ^ 1),
        int n => n ^ 1,
        uint n => n ^ 1,
        long n => n ^ 1,
        ulong n => n ^ 1,
        GuestTime t => new GuestTime(t.Nanoseconds ^ 1),
        Enum e => Enum.ToObject(e.GetType(), Convert.ToInt32(e, System.Globalization.CultureInfo.InvariantCulture) ^ 1),
        _ => throw new InvalidOperationException("no other value of " + value.GetType()),
    };

    private static byte[] Save(Action<IStateWriter> save)
    {
        using System.IO.MemoryStream stream = new();
        using BinaryStateWriter writer = new(stream);
        save(writer);
        _ = writer.Finish();
        return stream.ToArray();
    }

    // What the board gave, alone or in pairs.
    private static bool IsWiring(Type type) =>
        s_wiring.Contains(type) || (type.IsGenericType && type.Name.StartsWith("ValueTuple", StringComparison.Ordinal) && type.GenericTypeArguments.All(IsWiring));

    // Fields with values, of the device and of the chips inside it; what it was given by the board is not its own.
    private static IEnumerable<(object Owner, FieldInfo Field)> StateOf(IDevice device)
    {
        HashSet<object> seen = new(ReferenceEqualityComparer.Instance) { device };
        Queue<object> open = new([device]);
        while (open.TryDequeue(out object? owner))
        {
            for (Type? type = owner.GetType(); type is not null && type.Namespace?.StartsWith("Doppel.Devices", StringComparison.Ordinal) == true; type = type.BaseType)
            {
                foreach (FieldInfo field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    object? value = field.GetValue(owner);
                    bool isArray = field.FieldType.IsArray && field.FieldType.GetElementType()!.IsValueType;
                    if (IsWiring(isArray ? field.FieldType.GetElementType()! : field.FieldType))
                    {
                        continue;
                    }

                    if (isArray || (!field.IsInitOnly && field.FieldType.IsValueType && !IsCaptured(field)))
                    {
                        yield return (owner, field);
                    }
                    else if (value is not null && !s_wiring.Any(w => w.IsInstanceOfType(value)))
                    {
                        foreach (object part in value is IEnumerable parts and not string ? parts.Cast<object?>().Where(p => p is not null).Cast<object>() : [value])
                        {
                            if (part.GetType().Namespace?.StartsWith("Doppel.Devices", StringComparison.Ordinal) == true && part is not IDevice && !s_wiring.Any(w => w.IsInstanceOfType(part)) && seen.Add(part))
                            {
                                open.Enqueue(part);
                            }
                        }
                    }
                }
            }
        }
    }

    // Parameters of primary constructors that are only read stay what they were.
    private static bool IsCaptured(FieldInfo field) => field.Name.Contains(">P", StringComparison.Ordinal);
}
