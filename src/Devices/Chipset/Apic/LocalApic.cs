using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>
/// A processor's local APIC: xAPIC registers in a 4 KiB page (0xFEE0_0000, moved and switched by IA32_APIC_BASE) or x2APIC registers as MSRs
/// 0x800 to 0x83F, and IA32_TSC_DEADLINE (Intel SDM vol. 3A chapter 11). What is not modelled: see <see cref="LocalApicCore"/>.
/// </summary>
public sealed class LocalApic : ILocalApic, IRegisterBlock
{
    private const uint BaseMsr = 0x1B;
    private const uint DeadlineMsr = 0x6E0;
    private const uint FirstX2ApicMsr = 0x800;

    private readonly LocalApicOptions _options;
    private readonly LocalApicCore _core;
    private IMmioClaim? _page;
    private ulong _base;

    /// <summary>The local APIC of processor <paramref name="id"/>, which is also its APIC ID at reset; 0 boots.</summary>
    public LocalApic(ApicBus bus, byte id, LocalApicOptions options)
    {
        _options = options;
        _core = new LocalApicCore(bus, id);
        Name = "lapic" + id;
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>LINT0 and LINT1.</summary>
    public int InputCount => 2;

    /// <inheritdoc/>
    public byte TaskPriority
    {
        get => (byte)(_core.TaskPriority >> 4);
        set => _core.TaskPriority = (uint)(value & 0xF) << 4;
    }

    private bool IsBootProcessor => Name == "lapic0";

    /// <inheritdoc/>
    public void Connect(IDeviceSlot slot)
    {
        _page = slot.ClaimMmio("registers", 0x1000, this);
        _core.Timer = new ApicTimer(slot.Clock, Name + "-timer", _options.TimestampHertz, _core.SetTimerFired);
    }

    /// <inheritdoc/>
    public void SetProcessor(IProcessorPins pins) => _core.Pins = pins;

    /// <inheritdoc/>
    public void SetExternalController(IInterruptController pic) => _core.Pic = pic;

    /// <inheritdoc/>
    public void SetOutput(IInterruptLine intr) => _core.Intr = intr;

    /// <inheritdoc/>
    public void SetInput(int pin, bool high)
    {
        if (pin is 0 or 1)
        {
            _core.SetLint(pin, high);
        }
    }

    /// <inheritdoc/>
    public bool TryAcknowledge(out byte vector) => _core.TryAcknowledge(out vector);

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        SetBase(ApicBaseMsr.DefaultAddress | ApicBaseMsr.Enabled | (IsBootProcessor ? ApicBaseMsr.BootProcessor : 0));
        _core.Reset(keepId: false);
        if (_options.VirtualWireAtReset && IsBootProcessor)
        {
            EnterVirtualWireMode();
        }
    }

    /// <inheritdoc/>
    public void Init() => _core.Reset(keepId: true);

    /// <summary>
    /// Leaves what a BIOS leaves for an operating system: software-enabled, LINT0 passes the 8259 pair on as ExtINT, LINT1 is NMI. For
    /// kernels that are booted without firmware.
    /// </summary>
    public void EnterVirtualWireMode() => _core.EnterVirtualWireMode();

    /// <inheritdoc/>
    public bool TryRead(uint offset, AccessSize size, out ulong value)
    {
        value = 0;
        if ((offset & 0xF) >= 4 || !_core.TryRead((int)(offset >> 4), out uint register))
        {
            return false;
        }

        value = (register >> (int)((offset & 3) * 8)) & size.AllOnes();
        return true;
    }

    /// <inheritdoc/>
    public bool TryWrite(uint offset, AccessSize size, ulong value) =>
        (offset & 0xF) == 0 && size == AccessSize.Dword && _core.TryWrite((int)(offset >> 4), (uint)value);

    /// <inheritdoc/>
    public bool TryReadMsr(uint msr, out ulong value)
    {
        value = 0;
        switch (msr)
        {
            case BaseMsr:
                value = _base;
                return true;
            case DeadlineMsr when _options.HasTscDeadline:
                value = _core.Timer.Deadline;
                return true;
            case >= FirstX2ApicMsr and <= FirstX2ApicMsr + 0x3F when _core.X2Apic:
                return X2ApicMsrs.TryRead(_core, (int)(msr - FirstX2ApicMsr), out value);
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public bool TryWriteMsr(uint msr, ulong value)
    {
        switch (msr)
        {
            case BaseMsr:
                return TryWriteBase(value);
            case DeadlineMsr when _options.HasTscDeadline:
                _core.Timer.WriteDeadline(value);
                return true;
            case >= FirstX2ApicMsr and <= FirstX2ApicMsr + 0x3F when _core.X2Apic:
                return X2ApicMsrs.TryWrite(_core, (int)(msr - FirstX2ApicMsr), value);
            default:
                return false;
        }
    }

    /// <inheritdoc/>
    public void Save(IStateWriter to)
    {
        to.Begin(Name, 1);
        to.Write("base", _base);
        _core.Save(to);
        to.End();
    }

    /// <inheritdoc/>
    public void Restore(IStateReader from)
    {
        from.Begin(Name, 1);
        ulong value = from.ReadUnsigned("base");
        if (!IsValidBase(value) || (value & ApicBaseMsr.BootProcessor) != (IsBootProcessor ? ApicBaseMsr.BootProcessor : 0))
        {
            throw new StateFormatException(Name + ".base: reserved bits");
        }

        SetBase(value);
        _core.Restore(from);
        from.End();
    }

    private bool IsValidBase(ulong value)
    {
        ulong writable = ApicBaseMsr.BootProcessor | ApicBaseMsr.Enabled | (_options.HasX2Apic ? ApicBaseMsr.X2Apic : 0)
            | (((1UL << _options.PhysicalAddressBits) - 1) & ~0xFFFUL);
        return (value & ~writable) == 0 && ((value & ApicBaseMsr.X2Apic) == 0 || (value & ApicBaseMsr.Enabled) != 0);
    }

    // Intel SDM vol. 3A 11.12.5: from off to x2APIC, and from x2APIC to xAPIC, there is no direct way.
    private bool TryWriteBase(ulong value)
    {
        bool isOff = !_core.GlobalEnabled;
        bool toX2 = (value & ApicBaseMsr.X2Apic) != 0;
        bool toOn = (value & ApicBaseMsr.Enabled) != 0;
        if (!IsValidBase(value) || (isOff && toX2) || (_core.X2Apic && toOn && !toX2))
        {
            return false;
        }

        SetBase((value & ~ApicBaseMsr.BootProcessor) | (_base & ApicBaseMsr.BootProcessor));
        if (!toOn && !isOff)
        {
            _core.Reset(keepId: false);
        }

        _core.Update();
        return true;
    }

    private void SetBase(ulong value)
    {
        _base = value;
        _core.GlobalEnabled = (value & ApicBaseMsr.Enabled) != 0;
        _core.X2Apic = (value & ApicBaseMsr.X2Apic) != 0;
        if (_core.GlobalEnabled && !_core.X2Apic)
        {
            _page?.Map(new Gpa(value & ~0xFFFUL));
        }
        else
        {
            _page?.Unmap();
        }
    }
}
