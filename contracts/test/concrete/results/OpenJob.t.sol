// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../../src/interfaces/IResultBoard.sol";
import {Quorum} from "../../utils/Quorum.sol";

contract OpenJobTest is Quorum {
    function _expectRange(IResultBoard.JobTerms memory job, string memory field, uint256 value, uint256 min, uint256 max)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.OutOfRange.selector, field, value, min, max));
        _openJob(job);
    }

    function test_RevertWhen_NotTheTenant() external {
        IResultBoard.JobTerms memory job = _job();
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotTenant.selector, stranger, tenant));
        vm.prank(stranger);
        results.openJob(job, "");
    }

    function test_RevertWhen_ReplicasOutOfRange() external {
        IResultBoard.JobTerms memory job = _job();
        job.replicas = 2;
        _expectRange(job, "replicas", 2, 3, 7);
        job.replicas = 8;
        _expectRange(job, "replicas", 8, 3, 7);
    }

    function test_RevertWhen_ThresholdOutOfRange() external {
        IResultBoard.JobTerms memory job = _job();
        job.threshold = 1;
        _expectRange(job, "threshold", 1, 2, 3);
        job.threshold = 4;
        _expectRange(job, "threshold", 4, 2, 3);
        (job.replicas, job.threshold) = (6, 3);
        _expectRange(job, "threshold", 3, 4, 6);
    }

    function test_RevertWhen_BondZero() external {
        IResultBoard.JobTerms memory job = _job();
        job.bond = 0;
        _expectRange(job, "bond", 0, 1, type(uint96).max);
    }

    function test_RevertWhen_WindowsOutOfRange() external {
        IResultBoard.JobTerms memory job = _job();
        job.commitUntil = START + 59;
        _expectRange(job, "commitUntil", START + 59, START + 60, START + 30 days);
        job.commitUntil = START + 30 days + 1;
        _expectRange(job, "commitUntil", START + 30 days + 1, START + 60, START + 30 days);
        job = _job();
        job.revealUntil = job.commitUntil + 59;
        _expectRange(job, "revealUntil", job.revealUntil, job.commitUntil + 60, job.commitUntil + 30 days);
        job.revealUntil = job.commitUntil + 30 days + 1;
        _expectRange(job, "revealUntil", job.revealUntil, job.commitUntil + 60, job.commitUntil + 30 days);
    }

    function test_RevertWhen_ItExists() external {
        IResultBoard.JobTerms memory job = _job();
        bytes32 id = _openJob(job);
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.JobExists.selector, id));
        _openJob(job);
        job.salt = 1;
        _openJob(job);
    }

    function test_RevertWhen_TheRewardIsNotThere() external {
        IResultBoard.JobTerms memory job = _job();
        job.reward = 1_000_000e6;
        vm.expectRevert();
        _openJob(job);
    }

    function test_LocksTheReward() external {
        IResultBoard.JobTerms memory job = _job();
        bytes32 id = keccak256(abi.encode(job));
        uint256 before = _balance(tenant);
        vm.expectEmit(address(results));
        emit IResultBoard.JobOpened(id, tenant, job);
        vm.assertEq(_openJob(job), id, "id");
        vm.assertEq(before - _balance(tenant), REWARD, "reward");
        vm.assertEq(vault.lockedOf(address(results), address(token)), REWARD, "locked");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Committing, "state");
    }

    function test_WithoutReward() external {
        IResultBoard.JobTerms memory job = _job();
        job.reward = 0;
        bytes32 id = _openJob(job);
        vm.assertEq(vault.lockedOf(address(results), address(token)), 0, "locked");
        vm.assertTrue(results.jobState(id) == IResultBoard.JobState.Committing, "state");
    }

    function test_Constructor_RevertWhen_NotAManagerOfTheVault() external {
        vm.expectRevert(abi.encodeWithSelector(IResultBoard.NotManagerOf.selector, address(vault)));
        this.deploy();
    }

    function deploy() external {
        bytes memory code = bytes.concat(vm.getCode("ResultBoard.sol:ResultBoard"), abi.encode(address(manager)));
        assembly ("memory-safe") {
            if iszero(create(0, add(code, 0x20), mload(code))) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
