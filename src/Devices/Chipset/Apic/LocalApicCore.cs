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
    private readonly LocalVectorTable _lvt;
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
        _lvt = new LocalVectorTable(this);
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

    private bool ExtIntRequested => GlobalEnabled ? _extIntMessage || _lvt.ExtIntRequested : _lvt.IsHigh(0);

    public void Reset(bool keepId)
    {
        _irr.Clear();
        _isr.Clear();
        _tmr.Clear();
        _lvt.Reset();
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
        _lvt.EnterVirtualWireMode();
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
            return destination == ApicMessage.Broadcast || destination >> 16 == LogicalId >> 16 && (destination & LogicalId & 0xFFFF) != 0;
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
        bool rises = _lvt.SetLevel(pin, high);
        if (!GlobalEnabled)
        {
            if (pin == 1 && rises)
            {
                Pins?.RaiseNmi();
            }
        }
        else if (rises)
        {
            _lvt.TriggerPin(pin);
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

    public void SetTimerFired() => _lvt.Trigger(Lvt.Timer);

    /// <summary>The vector table lets an interrupt of this processor's own through.</summary>
    public void DeliverLocal(DeliveryMode mode, byte vector, bool level)
    {
        switch (mode)
        {
            case DeliveryMode.Fixed:
                Request(vector, level);
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
                InterprocessorCommand.Send(this, _bus, _commandLow, X2Apic ? _commandHigh : ApicBus.Widen(_commandHigh >> 24, (value & 0x800) != 0));
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
    public void SendToSelf(byte vector) => InterprocessorCommand.Send(this, _bus, (1u << 18) | vector, 0);

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

    /// <summary>Notes errors for the error status register and asks for their interrupt.</summary>
    public void Error(uint bits)
    {
        bool isNew = (_errorsSeen & bits) != bits;
        _errorsSeen |= bits;

        // Guards against an error vector that is itself illegal: it is an error only once.
        if (isNew)
        {
            _lvt.Trigger(Lvt.Error);
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
        _lvt.Save(to);
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
        _lvt.Restore(from);
        Timer.Restore(from, _lvt[Lvt.Timer]);
        Update();
    }

    // Intel SDM vol. 3A 11.12.10.2: the logical ID follows from the APIC ID.
    private uint LogicalId => ((Id & 0xFFFF_FFF0) << 12) | (1u << (int)(Id & 0xF));

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
        if (_tmr[vector])
        {
            _bus.BroadcastEoi((byte)vector);
            _lvt.EndOfInterrupt(vector);
        }
    }

    private void WriteSpurious(uint value)
    {
        _spurious = value & 0x3FF;
        if ((value & SoftwareEnabled) == 0)
        {
            _lvt.MaskAll();
            Timer.SetLvt(_lvt[Lvt.Timer]);
        }
    }

    private void WriteLvt(int entry, uint value)
    {
        _lvt.Write(entry, value, forceMask: (_spurious & SoftwareEnabled) == 0);
        if (entry == Lvt.Timer)
        {
            Timer.SetLvt(_lvt[Lvt.Timer]);
        }
    }
}
