// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {Amendment, Offer, Prices, Request, Resources, Terms, Usage, UsageReceipt} from "../../src/types/Lease.sol";

/// @title Structs from a seed. Seed 0 gives all zeroes, seed 1 the maximum of every field, any other noise.
library Samples {
    struct Source {
        uint256 seed;
        uint256 drawn;
    }

    function offer(uint256 seed) internal pure returns (Offer memory o) {
        Source memory s = Source(seed, 0x0FFE);
        o.provider = address(uint160(_next(s)));
        o.token = address(uint160(_next(s)));
        o.requestHash = bytes32(_next(s));
        o.resources = resources(_derive(s));
        o.prices = prices(_derive(s));
        o.startFee = uint96(_next(s));
        o.minCharge = uint96(_next(s));
        o.reservationFee = uint96(_next(s));
        o.volume = uint32(_next(s));
        o.noticeSeconds = uint32(_next(s));
        o.activationSeconds = uint32(_next(s));
        o.downtimeBps = uint16(_next(s));
        o.maxRoyaltyBps = uint16(_next(s));
        o.arbiter = address(uint160(_next(s)));
        o.expiresAt = uint40(_next(s));
        o.counter = uint64(_next(s));
        o.salt = _next(s);
    }

    function request(uint256 seed) internal pure returns (Request memory r) {
        Source memory s = Source(seed, 0x4E90);
        r.tenant = address(uint160(_next(s)));
        r.sponsor = address(uint160(_next(s)));
        r.token = address(uint160(_next(s)));
        r.provider = address(uint160(_next(s)));
        r.specHash = bytes32(_next(s));
        r.resources = resources(_derive(s));
        r.maxPrices = prices(_derive(s));
        r.maxStartFee = uint96(_next(s));
        r.maxMinCharge = uint96(_next(s));
        r.maxReservationFee = uint96(_next(s));
        r.deposit = uint96(_next(s));
        r.fills = uint32(_next(s));
        r.durationSeconds = uint32(_next(s));
        r.minNoticeSeconds = uint32(_next(s));
        r.maxNoticeSeconds = uint32(_next(s));
        r.maxActivationSeconds = uint32(_next(s));
        r.minDowntimeBps = uint16(_next(s));
        r.requiredCapabilities = _next(s);
        r.auditor = address(uint160(_next(s)));
        r.arbiter = address(uint160(_next(s)));
        r.app = bytes32(_next(s));
        r.callback = _next(s) & 1 == 1;
        r.expiresAt = uint40(_next(s));
        r.counter = uint64(_next(s));
        r.salt = _next(s);
    }

    function receipt(uint256 seed) internal pure returns (UsageReceipt memory r) {
        Source memory s = Source(seed, 0x4EC8);
        r.leaseId = bytes32(_next(s));
        r.seq = uint32(_next(s));
        r.through = uint40(_next(s));
        r.usage = usage(_derive(s));
        r.downSeconds = uint32(_next(s));
        r.evidenceRoot = bytes32(_next(s));
        r.isFinal = _next(s) & 1 == 1;
    }

    function amendment(uint256 seed) internal pure returns (Amendment memory a) {
        Source memory s = Source(seed, 0xA3E4);
        a.leaseId = bytes32(_next(s));
        a.oldTerms = bytes32(_next(s));
        a.newTerms = bytes32(_next(s));
        a.nonce = uint32(_next(s));
        a.seq = uint32(_next(s));
        a.through = uint40(_next(s));
        a.usage = usage(_derive(s));
        a.downSeconds = uint32(_next(s));
        a.expiresAt = uint40(_next(s));
    }

    function attestation(uint256 seed) internal pure returns (IDatacenterRegistry.Attestation memory a) {
        Source memory s = Source(seed, 0xA77E);
        a.provider = address(uint160(_next(s)));
        a.bits = _next(s);
        a.issuedAt = uint40(_next(s));
        a.expiresAt = uint40(_next(s));
        a.evidenceHash = bytes32(_next(s));
    }

    function terms(uint256 seed) internal pure returns (Terms memory t) {
        Source memory s = Source(seed, 0x7E43);
        t.tenant = address(uint160(_next(s)));
        t.payer = address(uint160(_next(s)));
        t.provider = address(uint160(_next(s)));
        t.token = address(uint160(_next(s)));
        t.specHash = bytes32(_next(s));
        t.resources = resources(_derive(s));
        t.prices = prices(_derive(s));
        t.startFee = uint96(_next(s));
        t.minCharge = uint96(_next(s));
        t.reservationFee = uint96(_next(s));
        t.durationSeconds = uint32(_next(s));
        t.noticeSeconds = uint32(_next(s));
        t.activateBy = uint40(_next(s));
        t.downtimeBps = uint16(_next(s));
        t.arbiter = address(uint160(_next(s)));
        t.royaltyTo = address(uint160(_next(s)));
        t.royaltyBps = uint16(_next(s));
        t.callback = _next(s) & 1 == 1;
        t.submitSeconds = uint32(_next(s));
        t.maturitySeconds = uint32(_next(s));
        t.rulingSeconds = uint32(_next(s));
        t.feeBps = uint16(_next(s));
        t.slice = uint96(_next(s));
        t.penalty = uint96(_next(s));
        t.disputeBond = uint96(_next(s));
        t.arbiterFee = uint96(_next(s));
        t.bounty = uint96(_next(s));
    }

    function resources(uint256 seed) internal pure returns (Resources memory r) {
        Source memory s = Source(seed, 0x4E50);
        r.cpuMilli = uint32(_next(s));
        r.memoryMiB = uint32(_next(s));
        r.storageMiB = uint32(_next(s));
        r.egressKiBps = uint32(_next(s));
        r.gpuCountA = uint16(_next(s));
        r.gpuCountB = uint16(_next(s));
        r.gpuClassA = bytes32(_next(s));
        r.gpuClassB = bytes32(_next(s));
    }

    function prices(uint256 seed) internal pure returns (Prices memory p) {
        Source memory s = Source(seed, 0x941C);
        p.cpu = uint96(_next(s));
        p.memoryMiB = uint96(_next(s));
        p.storageMiB = uint96(_next(s));
        p.egress = uint96(_next(s));
        p.gpuA = uint96(_next(s));
        p.gpuB = uint96(_next(s));
    }

    function usage(uint256 seed) internal pure returns (Usage memory u) {
        Source memory s = Source(seed, 0x05A6);
        u.cpuMilliSeconds = uint64(_next(s));
        u.memoryMiBSeconds = uint64(_next(s));
        u.storageMiBSeconds = uint64(_next(s));
        u.egressKiB = uint64(_next(s));
        u.gpuMilliSecondsA = uint64(_next(s));
        u.gpuMilliSecondsB = uint64(_next(s));
    }

    function word(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return _next(Source(seed, salt));
    }

    /// @dev A seed for a part: 0 and 1 keep their meaning.
    function _derive(Source memory s) private pure returns (uint256) {
        return s.seed < 2 ? s.seed : _next(s);
    }

    function _next(Source memory s) private pure returns (uint256) {
        if (s.seed == 0) return 0;
        if (s.seed == 1) return type(uint256).max;
        return uint256(keccak256(abi.encode(s.seed, ++s.drawn)));
    }
}
