using System;
using Doppel.Primitives;

namespace Doppel.Devices.Chipset.Apic;

/// <summary>
/// The registers and the arbitration of a local APIC, without address or MSR decoding (Intel SDM vol. 3A chapter 11).
/// Not modelled: SMI, arbitration IDs, remote read, delivery status (a message is delivered at once), EOI-broadcast suppression.
/// Inputs carry "asserted", so the polarity bits of the vector table are kept but change nothing.
/// </summary>
internal sealed class LocalApicCore
{
    private const uint VersionValue = 0x0005_0014;
    private const uint SoftwareEnabled = 1 << 8;

    private readonly ApicBus _bus;
    private readonly uint _initialId;
    private readonly VectorSet _irr = new();
    private readonly VectorSet _isr = new();
    private readonly VectorSet _tmr = new();
    private readonly uint[] _lvt = new uint[Lvt.Count];
    private readonly bool[] _lint = new bool[2];
    private uint _taskPriority;
    private uint _logicalDestination;
    private uint _destinationFormat;
    private uint _spurious;
    private uint _errorStatus;
    private uint _errorsSeen;
    private uint _commandLow;
    private uint _commandHigh;
    private bool _extIntMessage;
    private bool _output;

    public LocalApicCore(ApicBus bus, uint id)
    {
        _bus = bus;
        _initialId = id;
        Id = id;
        bus.Attach(this);
    }

    /// <summary>The timer; set when connected.</summary>
    public ApicTimer Timer { get; set; } = null!;

    public IInterruptLine? Intr { get; set; }

    public IProcessorPins? Pins { get; set; }

    public IInterruptController? Pic { get; set; }

    /// <summary>IA32_APIC_BASE bit 11: while clear the inputs are the processor's INTR and NMI pins.</summary>
    public bool GlobalEnabled { get; set; } = true;

    public bool X2Apic { get; set; }

    public uint Id { get; private set; }

    public bool IsEnabled => GlobalEnabled && (_spurious & SoftwareEnabled) != 0;

    public uint TaskPriority
    {
        get => _taskPriority;
        set
        {
            _taskPriority = value & 0xFF;
            Update();
        }
    }

    /// <summary>Intel SDM vol. 3A 11.8.3.1.</summary>
    public uint ProcessorPriority
    {
        get
        {
            uint service = (uint)Math.Max(0, _isr.Highest);
            return (_taskPriority & 0xF0) >= (service & 0xF0) ? _taskPriority : service & 0xF0;
        }
    }

    private bool ExtIntRequested => GlobalEnabled
        ? _extIntMessage || (_lint[0] && IsUnmasked(Lvt.Lint0, DeliveryMode.ExtInt)) || (_lint[1] && IsUnmasked(Lvt.Lint1, DeliveryMode.ExtInt))
        : _lint[0];

    public void Reset(bool keepId)
    {
        _irr.Clear();
        _isr.Clear();
        _tmr.Clear();
        Array.Fill(_lvt, Lvt.Masked);
        _taskPriority = 0;
        _logicalDestination = 0;
        _destinationFormat = uint.MaxValue;
        _spurious = 0xFF;
        _errorStatus = 0;
        _errorsSeen = 0;
        _commandLow = 0;
        _commandHigh = 0;
        _extIntMessage = false;
        if (!keepId)
        {
            Id = _initialId;
        }

        Timer.Reset();
        Update();
    }

    /// <summary>Leaves the state a BIOS leaves: software-enabled, LINT0 passes the 8259 pair on, LINT1 is NMI (MP specification 1.4 3.6.2.1).</summary>
    public void EnterVirtualWireMode()
    {
        _spurious = SoftwareEnabled | 0xFF;
        _lvt[Lvt.Lint0] = (uint)DeliveryMode.ExtInt << 8;
        _lvt[Lvt.Lint1] = (uint)DeliveryMode.Nmi << 8;
        Update();
    }

    public bool Matches(uint destination, bool logical)
    {
        if (!logical)
        {
            return destination == ApicMessage.Broadcast || destination == Id;
        }

        if (X2Apic)
        {
            return destination >> 16 == LogicalId >> 16 && (destination & LogicalId & 0xFFFF) != 0;
        }

        uint mine = _logicalDestination >> 24;
        return _destinationFormat >> 28 == 0xF
            ? (mine & destination) != 0
            : (destination >> 4 == 0xF || destination >> 4 == mine >> 4) && (mine & destination & 0xF) != 0;
    }

    /// <summary>A message arrives. False: this APIC does not take it now.</summary>
    public bool Accept(in ApicMessage message)
    {
        if (!GlobalEnabled)
        {
            return false;
        }

        switch (message.Mode)
        {
            case DeliveryMode.Fixed:
            case DeliveryMode.LowestPriority:
                return Request(message.Vector, message.Level);
            case DeliveryMode.Nmi:
                Pins?.RaiseNmi();
                return true;
            case DeliveryMode.Init:
                Pins?.Init();
                return true;
            case DeliveryMode.Startup:
                Pins?.Startup(message.Vector);
                return true;
            case DeliveryMode.ExtInt:
                _extIntMessage = true;
                Update();
                return true;
            default:
                return true;
        }
    }

    public void SetLint(int pin, bool high)
    {
        bool rises = high && !_lint[pin];
        _lint[pin] = high;
        if (!GlobalEnabled)
        {
            if (pin == 1 && rises)
            {
                Pins?.RaiseNmi();
            }
        }
        else if (rises)
        {
            TriggerLint(pin);
        }

        Update();
    }

    public bool TryAcknowledge(out byte vector)
    {
        int next = Deliverable();
        if (next >= 0)
        {
            vector = (byte)next;
            _irr[next] = false;
            _isr[next] = true;
            Update();
            return true;
        }

        vector = 0;
        if (!ExtIntRequested)
        {
            return false;
        }

        _extIntMessage = false;
        bool taken = Pic is not null && Pic.TryAcknowledge(out vector);
        Update();
        return taken;
    }

    public void SetTimerFired() => Trigger(Lvt.Timer);

    /// <summary>Reads register number <paramref name="register"/>; false: there is none.</summary>
    public bool TryRead(int register, out uint value)
    {
        switch (register)
        {
            case ApicRegister.Id:
                value = X2Apic ? Id : Id << 24;
                return true;
            case ApicRegister.Version:
                value = VersionValue;
                return true;
            case ApicRegister.TaskPriority:
                value = _taskPriority;
                return true;
            case ApicRegister.ArbitrationPriority:
            case ApicRegister.ProcessorPriority:
                value = ProcessorPriority;
                return true;
            case ApicRegister.Eoi:
            case ApicRegister.RemoteRead:
                value = 0;
                return true;
            case ApicRegister.LogicalDestination:
                value = X2Apic ? LogicalId : _logicalDestination;
                return true;
            case ApicRegister.DestinationFormat:
                value = _destinationFormat;
                return true;
            case ApicRegister.SpuriousVector:
                value = _spurious;
                return true;
            case >= ApicRegister.InService and < ApicRegister.InService + 8:
                value = _isr.Register(register - ApicRegister.InService);
                return true;
            case >= ApicRegister.TriggerMode and < ApicRegister.TriggerMode + 8:
                value = _tmr.Register(register - ApicRegister.TriggerMode);
                return true;
            case >= ApicRegister.InterruptRequest and < ApicRegister.InterruptRequest + 8:
                value = _irr.Register(register - ApicRegister.InterruptRequest);
                return true;
            case ApicRegister.ErrorStatus:
                value = _errorStatus;
                return true;
            case ApicRegister.CommandLow:
                value = _commandLow;
                return true;
            case ApicRegister.CommandHigh:
                value = _commandHigh;
                return true;
            case >= ApicRegister.LvtTimer and <= ApicRegister.LvtError:
                value = _lvt[register - ApicRegister.LvtTimer];
                return true;
            case ApicRegister.InitialCount:
                value = Timer.InitialCount;
                return true;
            case ApicRegister.CurrentCount:
                value = Timer.CurrentCount;
                return true;
            case ApicRegister.DivideConfiguration:
                value = Timer.DivideConfiguration;
                return true;
            default:
                Error(ApicError.IllegalRegister);
                value = 0;
                return false;
        }
    }

    /// <summary>Writes register number <paramref name="register"/>; bits that cannot be written are ignored. False: there is none.</summary>
    public bool TryWrite(int register, uint value)
    {
        switch (register)
        {
            case ApicRegister.Id:
                Id = X2Apic ? Id : value >> 24;
                break;
            case ApicRegister.TaskPriority:
                _taskPriority = value & 0xFF;
                break;
            case ApicRegister.Eoi:
                EndOfInterrupt();
                break;
            case ApicRegister.LogicalDestination:
                _logicalDestination = value & 0xFF00_0000;
                break;
            case ApicRegister.DestinationFormat:
                _destinationFormat = value | 0x0FFF_FFFF;
                break;
            case ApicRegister.SpuriousVector:
                WriteSpurious(value);
                break;
            case ApicRegister.ErrorStatus:
                _errorStatus = _errorsSeen;
                _errorsSeen = 0;
                break;
            case ApicRegister.CommandLow:
                _commandLow = value & 0xC_CFFF;
                Send(_commandLow, X2Apic ? _commandHigh : ApicBus.Widen(_commandHigh >> 24, (value & 0x800) != 0));
                break;
            case ApicRegister.CommandHigh:
                _commandHigh = X2Apic ? value : value & 0xFF00_0000;
                break;
            case >= ApicRegister.LvtTimer and <= ApicRegister.LvtError:
                WriteLvt(register - ApicRegister.LvtTimer, value);
                break;
            case ApicRegister.InitialCount:
                Timer.WriteInitialCount(value);
                break;
            case ApicRegister.DivideConfiguration:
                Timer.WriteDivide(value);
                break;
            case ApicRegister.Version or ApicRegister.ArbitrationPriority or ApicRegister.ProcessorPriority or ApicRegister.RemoteRead or ApicRegister.CurrentCount:
            case >= ApicRegister.InService and < ApicRegister.ErrorStatus:
                break; // read-only
            default:
                Error(ApicError.IllegalRegister);
                return false;
        }

        Update();
        return true;
    }

    /// <summary>A fixed interrupt to this processor (SELF IPI).</summary>
    public void SendToSelf(byte vector) => Send((1u << 18) | vector, 0);

    /// <summary>Drives INTR anew; after anything that may have changed it.</summary>
    public void Update()
    {
        bool wanted = ExtIntRequested || Deliverable() >= 0;
        if (wanted != _output)
        {
            _output = wanted;
            Intr?.Set(wanted);
        }
    }

    public void Save(IStateWriter to)
    {
        to.Write("id", (ulong)Id);
        to.Write("task-priority", (ulong)_taskPriority);
        to.Write("logical-destination", (ulong)_logicalDestination);
        to.Write("destination-format", (ulong)_destinationFormat);
        to.Write("spurious", (ulong)_spurious);
        to.Write("error-status", (ulong)_errorStatus);
        to.Write("errors-seen", (ulong)_errorsSeen);
        to.Write("command-low", (ulong)_commandLow);
        to.Write("command-high", (ulong)_commandHigh);
        to.Write("extint-message", _extIntMessage);
        _irr.Save(to, "irr");
        _isr.Save(to, "isr");
        _tmr.Save(to, "tmr");
        foreach (uint entry in _lvt)
        {
            to.Write("lvt", (ulong)entry);
        }

        foreach (bool level in _lint)
        {
            to.Write("lint", level);
        }

        Timer.Save(to);
    }

    public void Restore(IStateReader from)
    {
        Id = (uint)from.ReadUnsigned("id", X2Apic ? uint.MaxValue : 0xFF);
        _taskPriority = (uint)from.ReadUnsigned("task-priority", 0xFF);
        _logicalDestination = (uint)from.ReadUnsigned("logical-destination", 0xFF00_0000) & 0xFF00_0000;
        _destinationFormat = (uint)from.ReadUnsigned("destination-format", uint.MaxValue) | 0x0FFF_FFFF;
        _spurious = (uint)from.ReadUnsigned("spurious", 0x3FF);
        _errorStatus = (uint)from.ReadUnsigned("error-status", 0xFF);
        _errorsSeen = (uint)from.ReadUnsigned("errors-seen", 0xFF);
        _commandLow = (uint)from.ReadUnsigned("command-low", 0xC_CFFF);
        _commandHigh = (uint)from.ReadUnsigned("command-high", uint.MaxValue);
        _extIntMessage = from.ReadBool("extint-message");
        _irr.Restore(from, "irr");
        _isr.Restore(from, "isr");
        _tmr.Restore(from, "tmr");
        for (int i = 0; i < Lvt.Count; i++)
        {
            _lvt[i] = (uint)from.ReadUnsigned("lvt", uint.MaxValue) & (Lvt.Writable[i] | Lvt.RemoteIrr);
        }

        for (int i = 0; i < 2; i++)
        {
            _lint[i] = from.ReadBool("lint");
        }

        Timer.Restore(from, _lvt[Lvt.Timer]);
        Update();
    }

    // Intel SDM vol. 3A 11.12.10.2: the logical ID follows from the APIC ID.
    private uint LogicalId => ((Id & 0xFFFF_FFF0) << 12) | (1u << (int)(Id & 0xF));

    private bool IsUnmasked(int entry, DeliveryMode mode) =>
        (_lvt[entry] & Lvt.Masked) == 0 && (DeliveryMode)((_lvt[entry] >> 8) & 7) == mode;

    // The highest request above the processor's priority, or -1.
    private int Deliverable()
    {
        int request = GlobalEnabled ? _irr.Highest : -1;
        return request >= 0 && ((uint)request & 0xF0) > (ProcessorPriority & 0xF0) ? request : -1;
    }

    private bool Request(byte vector, bool level)
    {
        if (!IsEnabled)
        {
            return false;
        }

        if (vector < 16)
        {
            Error(ApicError.ReceiveIllegalVector);
            return true;
        }

        _irr[vector] = true;
        _tmr[vector] = level;
        Update();
        return true;
    }

    private void EndOfInterrupt()
    {
        int vector = _isr.Highest;
        if (vector < 0)
        {
            return;
        }

        _isr[vector] = false;
        if (!_tmr[vector])
        {
            return;
        }

        _bus.BroadcastEoi((byte)vector);
        for (int pin = 0; pin < 2; pin++)
        {
            ref uint entry = ref _lvt[Lvt.Lint0 + pin];
            if ((entry & Lvt.RemoteIrr) != 0 && (byte)entry == vector)
            {
                entry &= ~Lvt.RemoteIrr;
                if (_lint[pin])
                {
                    TriggerLint(pin);
                }
            }
        }
    }

    private void WriteSpurious(uint value)
    {
        _spurious = value & 0x3FF;
        if ((value & SoftwareEnabled) == 0)
        {
            for (int i = 0; i < Lvt.Count; i++)
            {
                WriteLvt(i, _lvt[i]);
            }
        }
    }

    private void WriteLvt(int entry, uint value)
    {
        value &= Lvt.Writable[entry];
        if ((_spurious & SoftwareEnabled) == 0)
        {
            value |= Lvt.Masked; // Intel SDM vol. 3A 11.4.7.2
        }

        bool level = (value & Lvt.LevelTriggered) != 0;
        _lvt[entry] = value | (level ? _lvt[entry] & Lvt.RemoteIrr : 0);
        if (entry == Lvt.Timer)
        {
            Timer.SetLvt(value);
        }
        else if (level && entry is Lvt.Lint0 or Lvt.Lint1 && _lint[entry - Lvt.Lint0])
        {
            TriggerLint(entry - Lvt.Lint0);
        }
    }

    private void TriggerLint(int pin)
    {
        ref uint entry = ref _lvt[Lvt.Lint0 + pin];
        bool level = (entry & Lvt.LevelTriggered) != 0 && ((entry >> 8) & 7) == (uint)DeliveryMode.Fixed;
        if ((entry & Lvt.Masked) != 0 || (level && (entry & Lvt.RemoteIrr) != 0))
        {
            return;
        }

        if (level)
        {
            entry |= Lvt.RemoteIrr;
        }

        Trigger(Lvt.Lint0 + pin, level);
    }

    // ExtINT is no event but a level: Update looks at it.
    private void Trigger(int entry, bool level = false)
    {
        uint lvt = _lvt[entry];
        if ((lvt & Lvt.Masked) != 0)
        {
            return;
        }

        DeliveryMode mode = entry is Lvt.Timer or Lvt.Error ? DeliveryMode.Fixed : (DeliveryMode)((lvt >> 8) & 7);
        switch (mode)
        {
            case DeliveryMode.Fixed:
                Request((byte)lvt, level);
                break;
            case DeliveryMode.Nmi:
                Pins?.RaiseNmi();
                break;
            case DeliveryMode.Init:
                Pins?.Init();
                break;
            default:
                break;
        }
    }

    private void Error(uint bits)
    {
        bool isNew = (_errorsSeen & bits) != bits;
        _errorsSeen |= bits;

        // Guards against an error vector that is itself illegal: it is an error only once.
        if (isNew)
        {
            Trigger(Lvt.Error);
        }
    }

    private void Send(uint command, uint destination)
    {
        DeliveryMode mode = (DeliveryMode)((command >> 8) & 7);
        uint shorthand = (command >> 18) & 3;
        byte vector = (byte)command;
        bool deassert = (command & 0xC000) == 0x8000;
        bool isFixed = mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority;
        if ((mode == DeliveryMode.Init && deassert) || (int)mode is 3 or 7 || (shorthand == 1 && !isFixed))
        {
            return;
        }

        if (isFixed && vector < 16)
        {
            Error(ApicError.SendIllegalVector);
            return;
        }

        ApicMessage message = new(destination, (command & 0x800) != 0, mode, vector, Level: false);
        switch (shorthand)
        {
            case 0:
                _bus.Send(message);
                break;
            case 1:
                Accept(message);
                break;
            default:
                _bus.SendToAll(message, shorthand == 3 ? this : null);
                break;
        }
    }
}
