using System.Collections.Generic;
using Doppel.Devices.Chipset.Apic;
using Doppel.Devices.Tests.Doubles;
using Doppel.Primitives;

namespace Doppel.Devices.Tests.Apic;

/// <summary>One or more local APICs and an I/O APIC on a bus, with processors that note what reaches them.</summary>
internal sealed class ApicRig
{
    public const uint Page = 0xFEE0_0000;

    public ApicRig(int processors = 1, LocalApicOptions? options = null)
    {
        Io = new IoApic(Bus);
        IoSlot = new FakeSlot();
        IoSlot.Plug(Io);
        for (int i = 0; i < processors; i++)
        {
            Cpu cpu = new(Bus, (byte)i, options ?? new LocalApicOptions());
            Cpus.Add(cpu);
        }
    }

    public ApicBus Bus { get; } = new();

    public IoApic Io { get; }

    public FakeSlot IoSlot { get; }

    public List<Cpu> Cpus { get; } = [];

    public Cpu First => Cpus[0];

    public void WriteEntry(int pin, ulong entry)
    {
        IoWrite((byte)(0x11 + (pin * 2)), (uint)(entry >> 32));
        IoWrite((byte)(0x10 + (pin * 2)), (uint)entry);
    }

    public void IoWrite(byte register, uint value)
    {
        IoSlot.WriteMmio(IoApic.Address, AccessSize.Dword, register);
        IoSlot.WriteMmio(IoApic.Address + 0x10, AccessSize.Dword, value);
    }

    public uint IoRead(byte register)
    {
        IoSlot.WriteMmio(IoApic.Address, AccessSize.Dword, register);
        return (uint)IoSlot.ReadMmio(IoApic.Address + 0x10, AccessSize.Dword);
    }

    internal sealed class Cpu : IProcessorPins
    {
        public Cpu(ApicBus bus, byte id, LocalApicOptions options)
        {
            Apic = new LocalApic(bus, id, options);
            Apic.SetProcessor(this);
            Apic.SetOutput(Intr);
            Slot.Plug(Apic);
        }

        public LocalApic Apic { get; }

        public FakeSlot Slot { get; } = new();

        public FakeLine Intr { get; } = new();

        public List<string> Pins { get; } = [];

        public uint this[uint offset]
        {
            get => (uint)Slot.ReadMmio(Page + offset, AccessSize.Dword);
            set => Slot.WriteMmio(Page + offset, AccessSize.Dword, value);
        }

        public void Enable() => this[0xF0] = 0x1FF;

        public int Acknowledge() => Apic.TryAcknowledge(out byte vector) ? vector : -1;

        public void RaiseNmi() => Pins.Add("nmi");

        public void Init() => Pins.Add("init");

        public void Startup(byte vector) => Pins.Add("sipi " + vector);
    }
}
