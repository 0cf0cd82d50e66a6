// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {Offer, Request, Terms} from "../../src/types/Lease.sol";
import {Fixture} from "./Fixture.sol";

/// @title Leases of one Request on several datacenters, and a job on them.
abstract contract Quorum is Fixture {
    uint96 internal constant BOND = 5e6;
    uint96 internal constant REWARD = 31e6;
    bytes32 internal constant RESULT = keccak256("result");
    bytes32 internal constant LIE = keccak256("lie");
    address internal constant BURNED = address(0xdEaD);

    bytes32 internal requestHash;
    bytes32[] internal leaseIds;
    Terms[] internal leaseTerms;

    function _providerOf(uint256 replica) internal pure returns (address) {
        return vm.addr(0xDC00 + replica);
    }

    function _operatorOf(uint256 replica) internal pure returns (address) {
        return vm.addr(0xB0B00 + replica);
    }

    function _payoutOf(uint256 replica) internal pure returns (address) {
        return address(uint160(0x9A00 + replica));
    }

    /// @dev As many datacenters as replicas, each with stake and with money for bonds; a lease on each.
    function _replicas(Request memory r, uint256 count) internal {
        r.fills = uint32(count);
        requestHash = market.requestHash(r);
        for (uint256 i = 0; i < count; ++i) {
            if (_balance(_operatorOf(i)) == 0) _equip(i);
            Offer memory o = _offer();
            (o.provider, o.counter) = (_providerOf(i), 0);
            (bytes32 id, Terms memory terms) = _matchBy(0xB0B00 + i, o, r);
            vm.prank(_operatorOf(i));
            manager.activate(id, terms);
            leaseIds.push(id);
            leaseTerms.push(terms);
        }
    }

    function _equip(uint256 replica) internal {
        address provider_ = _providerOf(replica);
        _join(provider_, _operatorOf(replica), _payoutOf(replica));
        _fund(provider_, 1_000e6);
        vm.prank(provider_);
        registry.stake(provider_, address(token), 500e6, "");
        _fund(_operatorOf(replica), 100e6);
        vm.prank(_operatorOf(replica));
        vault.deposit(address(token), _operatorOf(replica), 50e6);
    }

    function _matchBy(uint256 operatorKey, Offer memory o, Request memory r)
        internal
        returns (bytes32 id, Terms memory terms)
    {
        bytes memory offerSignature = _sign(operatorKey, market.offerHash(o));
        bytes memory requestSignature = _sign(TENANT_KEY, market.requestHash(r));
        terms = _terms(o, r);
        vm.prank(stranger);
        id = market.matchOrders(o, offerSignature, r, requestSignature, "");
    }

    /// @dev A contract's Request, with callback; its escrow is in its Vault balance, its owner is the tenant.
    function _requestOf(address client) internal returns (Request memory r) {
        r = _request();
        (r.tenant, r.callback) = (client, true);
        _fund(stranger, 4 * DEPOSIT);
        vm.prank(stranger);
        vault.deposit(address(token), client, 4 * DEPOSIT);
    }

    function _activeFor(address client) internal returns (bytes32 id, Terms memory terms) {
        (id, terms) = _match(_offer(), _requestOf(client));
        vm.prank(operator);
        manager.activate(id, terms);
    }

    function _job() internal view returns (IResultBoard.JobTerms memory) {
        return IResultBoard.JobTerms({
            tenant: tenant,
            token: address(token),
            requestHash: requestHash,
            replicas: 3,
            threshold: 2,
            deterministic: true,
            callback: false,
            bond: BOND,
            reward: REWARD,
            commitUntil: START + 1 hours,
            revealUntil: START + 2 hours,
            salt: 0
        });
    }

    function _openJob(IResultBoard.JobTerms memory job) internal returns (bytes32 id) {
        vm.prank(job.tenant);
        return results.openJob(job, "");
    }

    /// @dev Three leases and an open job on them.
    function _opened() internal returns (IResultBoard.JobTerms memory job, bytes32 id) {
        _replicas(_request(), 3);
        job = _job();
        id = _openJob(job);
    }

    function _salt(uint256 replica) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", replica));
    }

    function _seal(IResultBoard.JobTerms memory job, uint256 replica, bytes32 digest) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(keccak256(abi.encode(job)), digest, uint32(0), _providerOf(replica), _salt(replica))
        );
    }

    function _commit(IResultBoard.JobTerms memory job, uint256 replica, bytes32 digest) internal {
        vm.prank(_operatorOf(replica));
        results.commit(job, uint8(replica), leaseTerms[replica], _seal(job, replica, digest), "");
    }

    function _reveal(IResultBoard.JobTerms memory job, uint256 replica, bytes32 digest) internal {
        vm.prank(stranger);
        results.reveal(job, uint8(replica), digest, 0, _salt(replica));
    }

    /// @dev All three commit and reveal; a zero is not revealed.
    function _vote(IResultBoard.JobTerms memory job, bytes32[3] memory digests) internal {
        for (uint256 i = 0; i < 3; ++i) _commit(job, i, digests[i]);
        for (uint256 i = 0; i < 3; ++i) {
            if (digests[i] != 0) _reveal(job, i, digests[i]);
        }
    }

    function _finalise(IResultBoard.JobTerms memory job) internal {
        Terms[] memory terms = leaseTerms;
        vm.prank(stranger);
        results.finalise(job, terms);
    }
}
