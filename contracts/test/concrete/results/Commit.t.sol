// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {CloseReason, Offer, Request, Terms} from "../../../src/types/Lease.sol";
import {Quorum} from "../../utils/Quorum.sol";

contract CommitTest is Quorum {
    function test_RevertWhen_Unknown() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        job.salt = 9;
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.JobUnknown.selector, keccak256(abi.encode(job))));
        _commit(job, 0, RESULT);
    }

    function test_RevertWhen_Over() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        vm.warp(job.commitUntil + 1);
        _finalise(job);
        vm.expectRevert(
            abi.encodeWithSelector(IResultBoard.JobStateWrong.selector, id, IResultBoard.JobState.Failed)
        );
        _commit(job, 0, RESULT);
    }

    function test_RevertWhen_TooLate() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        vm.warp(job.commitUntil);
        _commit(job, 0, RESULT);
        vm.warp(job.commitUntil + 1);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.CommitOver.selector, id, job.commitUntil));
        _commit(job, 1, RESULT);
    }

    function test_RevertWhen_CommitmentZero() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        vm.expectRevert(IResultBoard.CommitZero.selector);
        vm.prank(_operatorOf(0));
        results.commit(job, 0, leaseTerms[0], 0, "");
    }

    function test_RevertWhen_NoSuchReplica() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.OutOfRange.selector, "replica", 3, 0, 2));
        vm.prank(_operatorOf(0));
        results.commit(job, 3, leaseTerms[0], "seal", "");
    }

    function test_RevertWhen_TheLeaseIsAnother() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.TermsDiffer.selector, leaseIds[0]));
        vm.prank(_operatorOf(1));
        results.commit(job, 0, leaseTerms[1], "seal", "");
        job.requestHash = "none";
        _openJob(job);
        vm.expectRevert(
            abi.encodeWithSelector(IResultBoard.TermsDiffer.selector, keccak256(abi.encode(bytes32("none"), 0)))
        );
        _commit(job, 0, RESULT);
    }

    function test_RevertWhen_TheLeaseDoesNotRun() external {
        Request memory r = _request();
        r.fills = 3;
        requestHash = market.requestHash(r);
        _equip(0);
        Offer memory o = _offer();
        o.provider = _providerOf(0);
        (bytes32 id, Terms memory terms) = _matchBy(0xB0B00, o, r);
        leaseTerms.push(terms);
        IResultBoard.JobTerms memory job = _job();
        _openJob(job);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.LeaseNotRun.selector, id));
        _commit(job, 0, RESULT);
        vm.prank(tenant);
        manager.close(id, terms, CloseReason.None);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.LeaseNotRun.selector, id));
        _commit(job, 0, RESULT);
    }

    function test_RevertWhen_TheLeaseIsAnotherTenants() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        (job.tenant, job.reward) = (stranger, 0);
        _openJob(job);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotTenant.selector, stranger, tenant));
        _commit(job, 0, RESULT);
    }

    function test_RevertWhen_NotTheOperator() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        address[3] memory callers = [_operatorOf(1), tenant, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotOperator.selector, callers[i], _operatorOf(0)));
            vm.prank(callers[i]);
            results.commit(job, 0, leaseTerms[0], "seal", "");
        }
    }

    function test_RevertWhen_TheProviderHasCommitted() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _commit(job, 0, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.AlreadyCommitted.selector, id, _providerOf(0)));
        _commit(job, 0, LIE);
    }

    function test_RevertWhen_OneProviderIsTwoReplicas() external {
        Request memory r = _request();
        r.fills = 3;
        requestHash = market.requestHash(r);
        _equip(0);
        Offer memory o = _offer();
        o.provider = _providerOf(0);
        for (uint256 i = 0; i < 2; ++i) {
            (bytes32 leaseId, Terms memory terms) = _matchBy(0xB0B00, o, r);
            vm.prank(_operatorOf(0));
            manager.activate(leaseId, terms);
            leaseTerms.push(terms);
        }
        IResultBoard.JobTerms memory job = _job();
        bytes32 id = _openJob(job);
        _commit(job, 0, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.AlreadyCommitted.selector, id, _providerOf(0)));
        vm.prank(_operatorOf(0));
        results.commit(job, 1, leaseTerms[1], "seal", "");
    }

    function test_RevertWhen_TheBondIsNotThere() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        job.bond = 1_000e6;
        _openJob(job);
        vm.expectRevert();
        _commit(job, 0, RESULT);
    }

    function test_LocksTheBond() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        uint256 before = _balance(_operatorOf(0));
        vm.expectEmit(address(results));
        emit IResultBoard.JobCommitted(id, 0, _providerOf(0));
        _commit(job, 0, RESULT);
        vm.assertEq(before - _balance(_operatorOf(0)), BOND, "bond");
        vm.assertEq(vault.lockedOf(address(results), address(token)), REWARD + BOND, "locked");
        (address provider_, bytes32 commitment,,, bool revealed) = results.replicaOf(id, 0);
        vm.assertEq(provider_, _providerOf(0), "provider");
        vm.assertEq(commitment, _seal(job, 0, RESULT), "commitment");
        vm.assertFalse(revealed, "revealed");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Committing, "more to come");
        _commit(job, 1, RESULT);
        vm.prank(_providerOf(2));
        results.commit(job, 2, leaseTerms[2], _seal(job, 2, RESULT), "");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Revealing, "all are in");
    }

    function test_ACopy_CannotBeRevealed() external {
        (IResultBoard.JobTerms memory job, bytes32 id) = _opened();
        _commit(job, 0, RESULT);
        vm.prank(_operatorOf(1));
        results.commit(job, 1, leaseTerms[1], _seal(job, 0, RESULT), "");
        _commit(job, 2, RESULT);
        _reveal(job, 0, RESULT);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.RevealWrong.selector, id, 1));
        results.reveal(job, 1, RESULT, 0, _salt(0));
    }
}
